import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSettings } from "../lib/settings.js";

describe("settings", () => {
  test("name everything that is missing at once", () => {
    assert.throws(() => readSettings({}), /RAMON_ROUTES_TABLE, RAMON_APP_ORIGIN/);
  });

  test("listen on loopback unless told otherwise", () => {
    const env = { RAMON_ROUTES_TABLE: "routes", RAMON_APP_ORIGIN: "https://ramon.example.org/" };
    assert.deepEqual(readSettings(env), {
      table: "routes",
      appOrigin: "https://ramon.example.org",
      address: "127.0.0.1",
    });
  });
});
