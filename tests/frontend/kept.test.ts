import assert from "node:assert/strict";
import { test } from "node:test";
import { KEPT_AGE_MS_MAX, keepable, meaningOf, pageAfterMs, readKept, retryAfterMs } from "../../src/cabas/web/islands/logic/kept.ts";
import { changedTotals, moved, settled, sinceMs } from "../../src/cabas/web/islands/logic/opening.ts";

const NOW = 1_800_000_000_000;
const ORDER = {
  key: "k1",
  cart: "c1",
  action: "/commande",
  token: "t",
  fields: [["name", "Camille"]] as [string, string][],
  said: "3 produits",
  ts: NOW - 60_000,
};

test("nothing of a card, no password and no token stays on the device", () => {
  const fields = keepable([["name", "Camille"], ["card_number", "4111"], ["cvc", "1"], ["_csrf_token", "t"], ["password", "p"]]);

  assert.deepEqual(fields, [["name", "Camille"]]);
});

test("a kept order is read again until a day has passed", () => {
  const stored = JSON.stringify(ORDER);

  assert.deepEqual(readKept(stored, NOW), ORDER);
  assert.equal(readKept(stored, ORDER.ts + KEPT_AGE_MS_MAX), null);
});

test("what is unreadable, or would be sent to another address, is no kept order", () => {
  for (const wrong of [null, "{", "[]", JSON.stringify({ ...ORDER, action: "https://example.org/" }), JSON.stringify({ ...ORDER, fields: [["a"]] })]) {
    assert.equal(readKept(wrong, NOW), null);
  }
});

test("no answer and the server's own faults are never a refusal", () => {
  for (const status of [null, 408, 429, 500, 502, 503, 504]) assert.equal(meaningOf(status, "text/html"), "later");
  for (const status of [403, 409, 422, 425]) assert.equal(meaningOf(status, "text/html"), "refused");
  assert.equal(meaningOf(200, "application/json"), "placed");
  assert.equal(meaningOf(200, "text/html; charset=utf-8"), "refused");
});

test("the server's wish to wait is followed, within bounds", () => {
  assert.equal(retryAfterMs("3"), 3000);
  assert.equal(retryAfterMs("9999"), 120_000);
  for (const none of [null, "", "soon", "-1"]) assert.equal(retryAfterMs(none), 0);
});

test("time passes also while one of the device's clocks sleeps, and a clock set back takes none away", () => {
  let [monotonic, wall] = [100, NOW];
  const since = sinceMs(() => monotonic, () => wall);

  wall += 60_000;
  assert.equal(since(), 60_000);
  monotonic += 90_000;
  wall -= 3_600_000;
  assert.equal(since(), 90_000);
});

test("a price that moved at the opening is found with what it was", () => {
  const before = [["Riz", "1,00 €"], ["Lait", "2,00 €"]] as const;

  assert.deepEqual(changedTotals(before, [["Riz", "1,25 €"], ["Lait", "2,00 €"]]), [{ index: 0, before: "1,00 €" }]);
  assert.deepEqual(changedTotals(before, before), []);
});

test("a wish moves by one place and stays at the ends", () => {
  assert.deepEqual(moved(["a", "b", "c"], 1, -1), ["b", "a", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 0, -1), ["a", "b", "c"]);
  assert.deepEqual(moved(["a", "b", "c"], 2, 1), ["a", "b", "c"]);
});

test("a slot chosen twice counts where it was chosen last, and no rank stays empty before another", () => {
  assert.deepEqual(settled(["a", "a", "", "", ""], 1), ["a", "", "", "", ""]);
  assert.deepEqual(settled(["", "", "c", "", ""], 2), ["c", "", "", "", ""]);
  assert.deepEqual(settled(["a", "b", "", "a", ""], 3), ["b", "a", "", "", ""]);
});

test("a placed order's page is asked for when the answer says, at once when it says nothing, never after a minute", () => {
  assert.equal(pageAfterMs(3500), 3500);
  assert.equal(pageAfterMs(undefined), 0);
  assert.equal(pageAfterMs("soon"), 0);
  assert.equal(pageAfterMs(-5), 0);
  assert.equal(pageAfterMs(9e9), 60_000);
});
