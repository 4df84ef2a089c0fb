import assert from "node:assert/strict";
import { test } from "node:test";
import { toBase64url, toBytes } from "../../src/cabas/web/islands/logic/passkey.ts";

test("bytes survive the way through base64url, whatever their number", () => {
  for (const length of [0, 1, 2, 3, 32, 65]) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + 250) % 256);

    assert.deepEqual(toBytes(toBase64url(bytes.buffer)), bytes, String(length));
  }
});

test("base64url has no sign that an address or a form would change", () => {
  const text = toBase64url(Uint8Array.from([251, 255, 191, 62]).buffer);

  assert.match(text, /^[A-Za-z0-9_-]+$/);
});
