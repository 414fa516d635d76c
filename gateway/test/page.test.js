import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { answerFor } from "../lib/answers.js";
import { CONTENT_SECURITY_POLICY, pageOf } from "../lib/page.js";

/** @import { State } from "../lib/routes.js" */

/** @param {State} state */
function pageFor(state) {
  return pageOf(answerFor({ notebookId: "nb_1", state, target: undefined }), "https://app/x?a&b");
}

/** @param {RegExp} pattern @param {string} text */
function hashOf(pattern, text) {
  const inside = pattern.exec(text)?.[1] ?? "";
  return `'sha256-${createHash("sha256").update(inside).digest("base64")}'`;
}

describe("a page", () => {
  test("may run and wear only what is in it, which its policy says by hash", () => {
    const page = pageFor("starting");
    const style = hashOf(/<style>(.*)<\/style>/s, page);
    const script = hashOf(/<script>(.*)<\/script>/s, page);
    assert.ok(CONTENT_SECURITY_POLICY.includes(`style-src ${style};`));
    assert.ok(CONTENT_SECURITY_POLICY.includes(`script-src ${script};`));
  });

  test("loads nothing from anywhere", () => {
    for (const state of /** @type {State[]} */ (["stopped", "starting", "failed", "deleted"])) {
      assert.doesNotMatch(pageFor(state), /\ssrc=|<link|@import|url\(/);
    }
  });

  test("of a notebook that is gone does not wait for it", () => {
    assert.doesNotMatch(pageFor("deleted"), /<script>/);
  });

  test("leads where something can be done, as an escaped address", () => {
    assert.match(pageFor("stopped"), /<a href="https:\/\/app\/x\?a&#38;b">Start it<\/a>/);
  });
});
