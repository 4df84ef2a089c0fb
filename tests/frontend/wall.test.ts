import assert from "node:assert/strict";
import { test } from "node:test";
import { tileAge, wallPollMs } from "../../src/cabas/web/islands/logic/wall.ts";

test("a tile is as old as the server told, and what has passed since", () => {
  assert.deepEqual(tileAge({ age: "1", stale: "10" }, 2400), { seconds: 3, stale: false });
  assert.deepEqual(tileAge({ age: "1", stale: "10" }, 9600), { seconds: 11, stale: true });
  assert.deepEqual(tileAge({}, 0), { seconds: 0, stale: false });
});

test("the wall asks each second, and less often while nobody answers", () => {
  assert.deepEqual([0, 1, 2, 9].map(wallPollMs), [1000, 2000, 4000, 10_000]);
});
