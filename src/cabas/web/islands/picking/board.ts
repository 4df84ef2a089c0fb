// The board stays open all day: it pulls the store's orders, proves by their digest that this device has them, and
// shows them. Nobody needs to reload.

import { csrfToken } from "../kit/csrf.ts";
import { announce } from "../kit/status.ts";
import { fetchDocument, swapIn } from "../kit/swap.ts";
import { nextPollMs } from "../logic/polling.ts";

interface Item {
  store_seq: number;
  order: string;
  body: string;
  received: boolean;
}

const REST_MS = 3000;
const REFRESH_MS = 60_000;
let running = false;

export function board(element: HTMLElement): void {
  if (running) return;
  running = true;
  const words = element.dataset.wordsNew ?? "";
  void follow(Number(element.dataset.after ?? 0), words);
  setInterval(() => void refresh(), REFRESH_MS);
}

async function follow(after: number, words: string): Promise<void> {
  let seen = after;
  let failures = 0;
  for (;;) {
    try {
      const { items } = await ask(seen);
      failures = 0;
      await receive(items.filter((item) => !item.received));
      if (items.length) {
        seen = Math.max(...items.map((item) => item.store_seq));
        await refresh();
      }
      if (items.some((item) => !item.received)) {
        announce(words, { now: true });
        navigator.vibrate?.(60);
      }
    } catch {
      failures += 1;
    }
    if (failures) await pause(nextPollMs({ everyMs: REST_MS, failures, hidden: document.hidden }));
  }
}

async function ask(after: number): Promise<{ items: Item[] }> {
  const answer = await fetch(`/preparation/flux?apres=${after}`, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()) as { items: Item[] };
}

/** The receipt is the digest of the bytes that are here. */
async function receive(items: readonly Item[]): Promise<void> {
  if (!items.length) return;
  const receipts = await Promise.all(
    items.map(async ({ store_seq, order, body }) => ({ store_seq, order, sha256: await digest(body) })),
  );
  const answer = await fetch("/preparation/recus", {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrfToken() },
    body: JSON.stringify(receipts),
  });
  if (!answer.ok) throw new Error(String(answer.status));
}

async function digest(body: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(body)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function refresh(): Promise<void> {
  try {
    swapIn(await fetchDocument("/preparation"), "#board, .c-app__actions");
  } catch {
    // The next round tries again; what is shown stays.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
