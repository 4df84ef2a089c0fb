import assert from "node:assert/strict";
import { test } from "node:test";
import { batchOf, counterText, meaning, settledBy, type Waiting } from "../../src/cabas/web/islands/picking/journal.ts";
import { after, handled, nextCrate, nextLine, notReady, type OrderCopy } from "../../src/cabas/web/islands/picking/progress.ts";
import { checkDigit, gramsOf, readForLine, readForSubstitute, readScaleLabel, weightProblem, type OrderedLine } from "../../src/cabas/web/islands/picking/scanned.ts";

const WORDS = { all_synced: "Synchronisé", to_sync: "à synchroniser", others: "d’un collègue" };
const milk = line(1, "3250391123456");
const apples = line(2, "2601234000003", { by_weight: true, quantity: 1000, grams_min: 900, grams_max: 1100, kilogram_cents: 300 });
const peas = line(3, "3700000000004", { zone: "frozen", substitutes: [{ gtin: "3700000000011", name: "Petits pois", zone: "frozen" }] });

test("the right code picks the whole line, another is refused", () => {
  assert.deepEqual(readForLine(milk, " 3250391123456 "), { kind: "picked", gtin: milk.gtin, quantity: 2 });
  assert.deepEqual(readForLine(milk, "3700000000004"), { kind: "refused", reason: "wrong_product" });
  assert.deepEqual(readForLine(milk, "bonjour"), { kind: "refused", reason: "wrong_product" });
});

test("a label of the scale weighs its own article only", () => {
  const article = { ...apples, gtin: printed("26", "01234", "00000") };
  assert.deepEqual(readForLine(article, printed("26", "01234", "00965")), { kind: "weighed", gtin: article.gtin, weight_grams: 965 });
  assert.deepEqual(readForLine(article, printed("26", "09999", "00965")), { kind: "refused", reason: "wrong_product" });
  assert.deepEqual(readForLine(article, article.gtin), { kind: "refused", reason: "weight_needed" });
});

test("a label is read as the server reads it", () => {
  assert.equal(readScaleLabel("2601234008651"), null);
  assert.equal(readScaleLabel(printed("30", "01234", "00865")), null);
  assert.equal(readScaleLabel(printed("26", "01234", "00000")), null);
  const priced = readScaleLabel(printed("02", "01234", "00856"));
  assert.equal(priced && gramsOf(priced, 990), 865);
});

test("only a ranked substitute may be scanned instead", () => {
  assert.deepEqual(readForSubstitute(peas, "3700000000011"), { kind: "substituted", gtin: "3700000000011", quantity: 2 });
  assert.deepEqual(readForSubstitute(peas, "3250391123456"), { kind: "refused", reason: "not_an_alternative" });
  assert.deepEqual(readForSubstitute(milk, "3700000000011"), { kind: "refused", reason: "not_an_alternative" });
});

test("a weight is near enough, bounds included", () => {
  assert.equal(weightProblem(apples, 899), "too_light");
  assert.equal(weightProblem(apples, 900), null);
  assert.equal(weightProblem(apples, 1100), null);
  assert.equal(weightProblem(apples, 1101), "too_heavy");
});

test("the walk goes on after the line and comes back to what was left out", () => {
  let order = copy();
  assert.equal(nextLine(order, 0), 1);
  order = after(order, event("picked", { line: 2 }));
  assert.equal(nextLine(order, 1), 3);
  order = after(order, event("missing", { line: 3 }));
  assert.equal(nextLine(order, 3), 1);
  order = after(order, event("short", { line: 1 }));
  assert.equal(nextLine(order, 1), 0);
  assert.equal(handled(order), 3);
  order = after(order, event("undone", { line: 2 }));
  assert.equal(nextLine(order, 1), 2);
});

test("an order is ready with every line done and a crate a zone", () => {
  let order = copy();
  assert.equal(notReady(order), "lines_left");
  order = after(order, event("picked", { line: 1 }));
  order = after(order, event("weighed", { line: 2 }));
  order = after(order, event("substituted", { line: 3, gtin: 3700000000011 }));
  order = after(order, event("crate_added", { crate_no: 1, zone: "ambient" }));
  assert.equal(notReady(order), "crate_needed");
  assert.equal(nextCrate(order), 2);
  order = after(order, event("crate_added", { crate_no: 2, zone: "frozen" }));
  assert.equal(notReady(order), null);
  order = after(order, event("crate_removed", { crate_no: 1 }));
  assert.equal(notReady(order), "crate_needed");
  assert.equal(nextCrate(order), 1);
});

test("a zone of which nothing was found needs no crate", () => {
  let order = copy();
  for (const [kind, no] of [["picked", 1], ["weighed", 2], ["missing", 3]] as const) order = after(order, event(kind, { line: no }));
  order = after(order, event("crate_added", { crate_no: 1, zone: "ambient" }));

  assert.equal(notReady(order), null);
});

test("a person sends what they did, oldest first, and nobody else's", () => {
  const all = [waits(3, "karim"), waits(1, "karim"), waits(2, "lou")];

  assert.deepEqual(batchOf(all, "karim").map((one) => one.device_seq), [1, 3]);
  assert.equal(counterText(all, "karim", WORDS), "2 à synchroniser · 1 d’un collègue");
  assert.equal(counterText([], "karim", WORDS), "Synchronisé");
});

test("a batch is bounded", () => {
  assert.equal(batchOf(Array.from({ length: 300 }, (_, seq) => waits(seq, "karim")), "karim").length, 100);
});

test("what the server told of is settled, refused or not; the rest stays", () => {
  const all = [waits(1, "karim"), waits(2, "karim"), waits(3, "karim")];
  const outcomes = [
    { event_id: "e1", outcome: "applied", reason: "", text: "" },
    { event_id: "e2", outcome: "duplicate", reason: "surplus", text: "À remettre" },
  ];

  const { done, refused } = settledBy(all, outcomes);

  assert.deepEqual(done, [1, 2]);
  assert.deepEqual(refused.map((one) => one.event_id), ["e2"]);
});

test("an answer means what it says, no answer means later", () => {
  assert.deepEqual([null, 503, 429, 403, 200, 400].map(meaning), ["later", "later", "later", "signed-out", "read", "reload"]);
});

function line(no: number, gtin: string, more: Partial<OrderedLine> = {}): OrderedLine {
  return {
    no, gtin, name: `Produit ${no}`, by_weight: false, quantity: 2, grams_min: 0, grams_max: 0, kilogram_cents: 0,
    zone: "ambient", substitutes: [], ...more,
  };
}

function copy(): OrderCopy {
  return { order: "o", code: "K7F2MQ", actor: "karim", revision: 1, lines: [milk, apples, peas], done: {}, crates: [] };
}

function event(kind: string, members: Record<string, string | number>) {
  return { event_id: kind, order_id: "o", device_seq: 1, occurred_at: "2026-11-24T09:00:00Z", kind, ...members };
}

function waits(seq: number, actor: string): Waiting {
  return { seq, actor, event: { ...event("picked", { line: 1 }), event_id: `e${seq}`, device_seq: seq } };
}

function printed(prefix: string, article: string, value: string): string {
  return prefix + article + value + checkDigit(prefix + article + value);
}
