import assert from "node:assert/strict";
import { test } from "node:test";
import { moved, typed } from "../../src/cabas/web/islands/logic/quantity.ts";

const PIECES = { step: 1, max: 12 };
const GRAMS = { step: 100, max: 3000 };

test("a tap moves by one step", () => {
  assert.equal(moved(2, 1, PIECES), 3);
  assert.equal(moved(2, -1, PIECES), 1);
  assert.equal(moved(620, 1, GRAMS), 720);
});

test("the last step down takes the line away", () => {
  assert.equal(moved(1, -1, PIECES), 0);
  assert.equal(moved(100, -1, GRAMS), 0);
});

test("less than one step is nothing, not a crumb", () => {
  assert.equal(moved(150, -1, GRAMS), 0);
});

test("a tap stops at the most one may buy", () => {
  assert.equal(moved(12, 1, PIECES), 12);
  assert.equal(moved(2950, 1, GRAMS), 3000);
});

test("a typed number is clamped and may hold spaces", () => {
  assert.equal(typed(" 5 ", PIECES), 5);
  assert.equal(typed("1 200", GRAMS), 1200);
  assert.equal(typed("99", PIECES), 12);
  assert.equal(typed("0", PIECES), 0);
});

test("what is not a number is refused", () => {
  for (const text of ["", "deux", "-1", "1.5", "1e9", "9999999"]) assert.equal(typed(text, PIECES), null, text);
});
