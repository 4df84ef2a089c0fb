import assert from "node:assert/strict";
import { test } from "node:test";
import { clockText, crossedMark, leftMs } from "../../src/cabas/web/islands/logic/countdown.ts";
import { POLL_MS_MAX, nextPollMs } from "../../src/cabas/web/islands/logic/polling.ts";

test("the time left follows the server's clock, not the device's", () => {
  assert.equal(leftMs("2026-11-25T13:10:00Z", "2026-11-25T13:00:00Z", 0), 600_000);
  assert.equal(leftMs("2026-11-25T14:10:00+01:00", "2026-11-25T13:00:00Z", 60_000), 540_000);
  assert.equal(leftMs("2026-11-25T13:10:00Z", "2026-11-25T13:00:00Z", 700_000), 0);
});

test("the clock shows minutes, and hours only when there are some", () => {
  assert.equal(clockText(545_000), "9:05");
  assert.equal(clockText(544_001), "9:05");
  assert.equal(clockText(0), "0:00");
  assert.equal(clockText(3_729_000), "1:02:09");
});

test("a mark is said once, when it is crossed", () => {
  assert.equal(crossedMark(120_500, 119_500, [120_000]), 120_000);
  assert.equal(crossedMark(119_500, 118_500, [120_000]), null);
  assert.equal(crossedMark(130_000, 125_000, [120_000]), null);
});

test("asking again slows down when the server fails or nobody looks", () => {
  const middle = () => 0.5;
  const calm = nextPollMs({ everyMs: 10_000, failures: 0, hidden: false }, middle);

  assert.equal(calm, 10_000);
  assert.equal(nextPollMs({ everyMs: 10_000, failures: 2, hidden: false }, middle), 40_000);
  assert.equal(nextPollMs({ everyMs: 10_000, failures: 0, hidden: true }, middle), 40_000);
  assert.equal(nextPollMs({ everyMs: 10_000, failures: 9, hidden: true }, middle), POLL_MS_MAX);
});

test("two shoppers do not ask at the same moment", () => {
  const pace = { everyMs: 10_000, failures: 0, hidden: false };

  assert.equal(nextPollMs(pace, () => 0), 8000);
  assert.equal(nextPollMs(pace, () => 1), 12_000);
});
