import assert from "node:assert/strict";
import { test } from "node:test";
import { mayKeep, wayOf } from "../../src/cabas/web/islands/worker/strategy.ts";

const way = (path: string, { method = "GET", navigation = true } = {}) => wayOf({ method, path, navigation });

test("nothing but GET is ever answered by the worker", () => {
  assert.equal(way("/panier/lignes/3250391123456", { method: "POST" }), "network");
  assert.equal(way("/commande", { method: "POST" }), "network");
});

test("hashed assets and pictures come from the cache", () => {
  assert.equal(way("/static/built/shop-5SLQAP42.css", { navigation: false }), "asset");
  assert.equal(way("/static/built/fonts/figtree-04AB33CD.woff2", { navigation: false }), "asset");
  assert.equal(way("/static/built/pictures/carrot.svg", { navigation: false }), "picture");
});

test("the worker's own file and the switch always come from the network", () => {
  assert.equal(way("/static/built/sw.js", { navigation: false }), "network");
  assert.equal(way("/static/sw-off.json", { navigation: false }), "network");
});

test("an order is kept, the account, the checkout and the staff pages are not", () => {
  assert.equal(way("/commandes/ORD123"), "order");
  for (const path of ["/compte", "/compte/adresses", "/commande", "/paiement/retour", "/console", "/preparation/x", "/api/v1/carts", "/commandes/ORD123/modification"]) {
    assert.equal(way(path), "network", path);
  }
});

test("pages of the shop and the basket open without network", () => {
  for (const path of ["/", "/panier", "/magasins/tours-nord/rayons/laits"]) assert.equal(way(path), "page", path);
});

test("a fragment is not a page", () => {
  assert.equal(way("/suggestions", { navigation: false }), "network");
  assert.equal(way("/commandes/ORD123/etat", { navigation: false }), "network");
});

test("a failure, a redirect and a forbidden page are not kept", () => {
  const answer = { ok: true, redirected: false, type: "basic", headers: new Headers() };

  assert.equal(mayKeep(answer), true);
  assert.equal(mayKeep({ ...answer, ok: false }), false);
  assert.equal(mayKeep({ ...answer, redirected: true }), false);
  assert.equal(mayKeep({ ...answer, headers: new Headers({ "Cache-Control": "private, no-store" }) }), false);
});
