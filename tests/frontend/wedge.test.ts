import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY, fed } from "../../src/cabas/web/islands/logic/wedge.ts";

function play(text: string, gapMs: number): string | null {
  let burst = EMPTY;
  let at = 1000;
  for (const key of [...text, "Enter"]) {
    const read = fed(burst, key, (at += gapMs));
    if (read.code) return read.code;
    burst = read.burst;
  }
  return null;
}

test("a fast burst that ends with Enter is a code", () => {
  assert.equal(play("3250391123456", 8), "3250391123456");
});

test("fingers are too slow to be a scanner", () => {
  assert.equal(play("3250391123456", 120), null);
});

test("a short burst is not a code", () => {
  assert.equal(play("123", 8), null);
});

test("what was typed before a scan does not get into the code", () => {
  const slow = fed(EMPTY, "x", 0).burst;
  const first = fed(slow, "3", 900).burst;

  assert.equal(first.text, "3");
});

test("Shift and the like do not break a burst", () => {
  const first = fed(EMPTY, "3", 0).burst;

  assert.deepEqual(fed(first, "Shift", 5).burst, first);
});
