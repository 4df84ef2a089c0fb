import assert from "node:assert/strict";
import { test } from "node:test";
import { localPath, noteOf } from "../../src/cabas/web/islands/worker/notes.ts";

test("a note shows what was sent and leads to its order", () => {
  const sent = JSON.stringify({ id: "m1", title: "Commande K7F2MQ prête", body: "Code K7F 2MQ", path: "/commandes/1" });

  assert.deepEqual(noteOf(sent, "Cabas"), {
    title: "Commande K7F2MQ prête",
    body: "Code K7F 2MQ",
    tag: "m1",
    path: "/commandes/1",
  });
});

test("what can't be read still shows something, and leads home", () => {
  for (const text of ["", "null", "[]", "{", "3", '{"title": 5, "path": {}}']) {
    assert.deepEqual(noteOf(text, "Cabas"), { title: "Cabas", body: "", tag: "cabas", path: "/" }, text);
  }
});

test("long words are cut", () => {
  const note = noteOf(JSON.stringify({ title: "t".repeat(999), body: "b".repeat(999) }), "Cabas");

  assert.ok(note.title.length <= 120 && note.body.length <= 300);
});

test("a touch never leaves the site", () => {
  for (const path of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "", "commandes/1", "/a\\b"]) {
    assert.equal(localPath(path), "/", path);
  }
  assert.equal(localPath("/commandes/1?merci=1"), "/commandes/1?merci=1");
});
