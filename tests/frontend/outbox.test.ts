import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CHANGES_MAX,
  CHANGE_AGE_MS_MAX,
  outcome,
  readChanges,
  retryDelayMs,
  withChange,
  withoutChange,
} from "../../src/cabas/web/islands/logic/outbox.ts";

const NOW = 1_800_000_000_000;
const change = (opId: string, gtin: string, quantity: number, ts = NOW) => ({ opId, gtin, quantity, ts });

test("a newer change of a line takes the place of the older one", () => {
  const changes = withChange([change("a", "1", 1), change("b", "2", 1)], change("c", "1", 3));

  assert.deepEqual(changes.map(({ opId }) => opId), ["b", "c"]);
});

test("an answer drops its own change and not the one that came meanwhile", () => {
  const changes = withChange([change("a", "1", 1)], change("b", "1", 2));

  assert.equal(withoutChange(changes, "a").length, 1);
  assert.equal(withoutChange(changes, "b").length, 0);
});

test("the outbox keeps a bounded number of changes", () => {
  let changes = [change("0", "0", 1)];
  for (let i = 1; i <= CHANGES_MAX + 5; i++) changes = withChange(changes, change(String(i), String(i), 1));

  assert.equal(changes.length, CHANGES_MAX);
  assert.equal(changes.at(-1)?.gtin, String(CHANGES_MAX + 5));
});

test("what a former visit left is read back, rubbish and old changes are not", () => {
  const stored = JSON.stringify([
    change("a", "3250391123456", 2),
    change("b", "3250391123456", 2, NOW - CHANGE_AGE_MS_MAX),
    { opId: "c", gtin: "../compte", quantity: 1, ts: NOW },
    { opId: "d", gtin: "1", quantity: "2", ts: NOW },
    null,
  ]);

  assert.deepEqual(readChanges(stored, NOW).map(({ opId }) => opId), ["a"]);
  assert.deepEqual(readChanges("{", NOW), []);
  assert.deepEqual(readChanges(null, NOW), []);
  assert.deepEqual(readChanges('{"a":1}', NOW), []);
});

test("no answer, a busy server and a fault wait; a refusal does not", () => {
  for (const status of [null, 408, 425, 429, 500, 503]) assert.equal(outcome(status), "later", String(status));
  for (const status of [400, 403, 404, 409, 410, 422]) assert.equal(outcome(status), "refused", String(status));
  assert.equal(outcome(200), "saved");
});

test("retries slow down, stay under a minute and a half, and are not in step", () => {
  assert.equal(retryDelayMs(0, () => 0.5), 1000);
  assert.equal(retryDelayMs(3, () => 0.5), 8000);
  assert.equal(retryDelayMs(50, () => 1), 90_000);
  assert.notEqual(retryDelayMs(2, () => 0), retryDelayMs(2, () => 0.9));
});
