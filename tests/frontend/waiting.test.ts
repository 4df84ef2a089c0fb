import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  ageMs,
  drawnShare,
  estimate,
  isCalled,
  isStale,
  pollMs,
  positionIn,
  type Rank,
  readLine,
  retryMs,
  rounded,
  type Serving,
} from "../../src/cabas/web/islands/logic/waiting.ts";

interface Case {
  line: [number, number][];
  threshold: Rank;
  rank: Rank;
  pace: number;
  ahead: number;
  low: number | null;
  high: number | null;
}

// The table of docs/algorithms/waiting-room.md, which the server's own test reads too.
const cases = JSON.parse(readFileSync("tests/domain/waiting_room/positions.json", "utf8")) as Case[];

test("the page says the position and the range that the server says", () => {
  for (const { line, threshold, rank, pace, ahead, low, high } of cases) {
    const serving: Serving = { on: true, now: "", line, threshold, pace };
    assert.deepEqual(estimate(serving, rank), { ahead, low, high });
  }
});

test("a share drawn in the browser is the one that the server draws", async () => {
  const share = await drawnShare("73".repeat(32), 7, "0123456789abcdef0123456789abcdef");

  assert.equal(share.toFixed(9), JSON.parse(readFileSync("tests/domain/waiting_room/drawn.json", "utf8")).share);
});

test("who stands at or before the threshold is called, and nobody is before it moves", () => {
  assert.equal(isCalled([0, 0], [0, 0]), false);
  assert.equal(isCalled([0, 0.2], [0, 0.25]), true);
  assert.equal(isCalled([0, 0.3], [0, 0.25]), false);
  assert.equal(isCalled([0, 0.9], [3, 0.1]), true);
  assert.equal(isCalled([4, 0], [3, 1]), false);
});

test("the line beside the place is read under both of its names, and nothing else is", () => {
  const drawn = { event: 12, bucket: 3, share: 0.25, who: "~0.25", store: 9 };
  assert.deepEqual(readLine("a=b; cabas_line=12_3_~0.25_9"), drawn);
  assert.deepEqual(readLine("__Host-cabas_line=12_3_~0.25_9; c=d"), drawn);
  assert.equal(readLine("cabas_line=12_0_00ff_9")?.share, null);
  assert.equal(readLine("cabas_line=x_0_00ff_9"), null);
  assert.equal(readLine(""), null);
});

test("an empty line has nobody ahead, and an unknown pace promises nothing", () => {
  assert.equal(positionIn([], [0, 0.5]), 0);
  assert.deepEqual(estimate({ on: true, now: "" }, [0, 0.5]), { ahead: 10, low: null, high: null });
});

test("a position is rounded upwards to two digits", () => {
  assert.deepEqual([0, 7, 11, 43, 128, 999, 12_345].map(rounded), [10, 10, 20, 50, 130, 1000, 13_000]);
});

test("the far look less often, and no two at the same moment", () => {
  const serving: Serving = { on: true, now: "", poll: [2, 20], pace: 20 };
  assert.equal(pollMs(serving, 10, () => 0.5), 2000);
  assert.equal(pollMs(serving, 1200, () => 0.5), 6000);
  assert.equal(pollMs(serving, 1_000_000, () => 0.5), 20_000);
  assert.equal(pollMs(serving, 1200, () => 0), 4800);
  assert.equal(pollMs({ on: true, now: "" }, 10, () => 1), 24_000);
});

test("a controller is silent when nothing changes, or when its word was old as it came", () => {
  const serving: Serving = { on: true, now: "", stale_after: 10 };
  assert.equal(isStale(serving, 3000, 2000), false);
  assert.equal(isStale(serving, 10_001, 2000), true);
  assert.equal(isStale(serving, 0, 11_000), true);
});

test("the age of what is served is the server's to tell, whatever this device's clock says", () => {
  const file = new Headers({ date: "Thu, 26 Nov 2026 23:00:12 GMT", "last-modified": "Thu, 26 Nov 2026 23:00:01 GMT" });
  assert.equal(ageMs(file), 11_000);
  assert.equal(ageMs(new Headers({ age: "3", date: "Thu, 26 Nov 2026 23:00:12 GMT" })), 3000);
  assert.equal(ageMs(new Headers()), 0);
});

test("a door that leads back is tried less and less often", () => {
  assert.deepEqual([0, 1, 2, 3, 9].map((tries) => retryMs(tries, () => 1)), [0, 4000, 8000, 16_000, 60_000]);
  assert.equal(retryMs(9, () => 0), 30_000);
});
