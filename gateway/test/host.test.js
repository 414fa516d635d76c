import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { labelOf } from "../lib/host.js";

const LABEL = "nb-01k9zv3m4n5p6q7r8s9tabcdef";

describe("the label of a notebook", () => {
  for (const host of [
    LABEL,
    `${LABEL}.localhost:8000`,
    `${LABEL.toUpperCase()}.Notebooks.Example.Org`,
  ]) {
    test(`is found in ${host}`, () => assert.equal(labelOf(host), LABEL));
  }

  for (const host of [
    undefined,
    "",
    "localhost:8000",
    "nb-short.localhost",
    `${LABEL}x.localhost`,
    `x${LABEL}.localhost`,
    `x.${LABEL}.localhost`,
    `${LABEL}/x.localhost`,
    `${LABEL}:80@evil.example`,
    `${LABEL}%2e.localhost`,
    `${LABEL}\u0000.localhost`,
    `nb-01k9zv3m4n5p6q7r8s9tabcdeu.localhost`,
    `__proto__`,
  ]) {
    test(`is not found in ${JSON.stringify(host)}`, () => assert.equal(labelOf(host), undefined));
  }
});
