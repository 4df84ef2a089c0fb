import assert from "node:assert/strict";
import { test } from "node:test";
import { movedOption } from "../../src/cabas/web/islands/logic/listbox.ts";

test("the arrows go round through the text field", () => {
  assert.equal(movedOption(-1, "ArrowDown", 3), 0);
  assert.equal(movedOption(2, "ArrowDown", 3), -1);
  assert.equal(movedOption(-1, "ArrowUp", 3), 2);
  assert.equal(movedOption(0, "ArrowUp", 3), -1);
});

test("Home and End stay with the text until an option is chosen", () => {
  assert.equal(movedOption(-1, "Home", 3), null);
  assert.equal(movedOption(1, "Home", 3), 0);
  assert.equal(movedOption(1, "End", 3), 2);
});

test("other keys and an empty list do nothing", () => {
  assert.equal(movedOption(0, "a", 3), null);
  assert.equal(movedOption(-1, "ArrowDown", 0), null);
});
