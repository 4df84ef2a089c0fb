import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTEMPT_AGE_MS_MAX, attemptFor, formPrint } from "../../src/cabas/web/islands/logic/attempt.ts";

const NOW = 1_800_000_000_000;
const ENTRIES = [["_csrf_token", "t1"], ["idempotency_key", "k1"], ["slot", "18"], ["phone", "0612345678"]] as const;

test("the print of a form ignores its key, its token and the order of its fields", () => {
  const again = [["phone", "0612345678"], ["slot", "18"], ["idempotency_key", "k2"], ["_csrf_token", "t2"]] as const;

  assert.equal(formPrint(ENTRIES), formPrint(again));
});

test("another slot is another intention", () => {
  assert.notEqual(formPrint(ENTRIES), formPrint([["slot", "19"], ["phone", "0612345678"]]));
});

test("the same intention goes again with the key of the first time", () => {
  const stored = { key: "k1", print: "p", ts: NOW - 60_000 };

  assert.equal(attemptFor("k2", "p", stored, NOW).key, "k1");
});

test("another intention, or an old one, goes with the page's own key", () => {
  const stored = { key: "k1", print: "p", ts: NOW - 60_000 };

  assert.equal(attemptFor("k2", "q", stored, NOW).key, "k2");
  assert.equal(attemptFor("k2", "p", { ...stored, ts: NOW - ATTEMPT_AGE_MS_MAX }, NOW).key, "k2");
  assert.equal(attemptFor("k2", "p", null, NOW).key, "k2");
});
