// Sends the device's journal: when something is added, when the network or the page comes back, every 15 seconds, and
// by a tap on the counter. Nothing depends on a background service of the browser.

import { csrfToken } from "../kit/csrf.ts";
import { batchOf, counterText, meaning, RETRY_MS, settledBy, type Outcome } from "./journal.ts";
import { forget, waiting } from "./store.ts";

export interface SyncTold {
  refused?: Outcome[];
  state: "synced" | "later" | "signed-out" | "reload";
}

const ADDRESS = "/preparation/evenements";
let sending: Promise<void> | undefined;
let again = false;

export function watchJournal(actor: string, words: Record<string, string>, tell: (told: SyncTold) => void): () => void {
  const flush = () => {
    again = true;
    sending ??= send(actor, words, tell).finally(() => (sending = undefined));
  };
  addEventListener("online", flush);
  addEventListener("offline", () => void showCounter(actor, words));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  document.querySelector<HTMLElement>(".c-sync")?.addEventListener("click", flush);
  setInterval(flush, RETRY_MS);
  void navigator.storage?.persist?.();
  flush();
  return flush;
}

async function send(actor: string, words: Record<string, string>, tell: (told: SyncTold) => void): Promise<void> {
  while (again) {
    again = false;
    await showCounter(actor, words);
    for (;;) {
      const all = await waiting();
      const events = batchOf(all, actor);
      if (!events.length) break;
      const { status, outcomes } = await post(events);
      const state = meaning(status);
      if (state !== "read") return tell({ state });
      const { done, refused } = settledBy(all, outcomes);
      await forget(done);
      await showCounter(actor, words);
      tell({ state: "synced", refused });
      if (!done.length) return;
    }
  }
}

async function post(events: unknown[]): Promise<{ status: number | null; outcomes: Outcome[] }> {
  try {
    const answer = await fetch(ADDRESS, {
      method: "POST",
      credentials: "same-origin",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrfToken() },
      body: JSON.stringify({ events }),
    });
    const body = (await answer.json().catch(() => ({}))) as { outcomes?: Outcome[] };
    return { status: answer.status, outcomes: body.outcomes ?? [] };
  } catch {
    return { status: null, outcomes: [] };
  }
}

async function showCounter(actor: string, words: Record<string, string>): Promise<void> {
  const counter = document.querySelector<HTMLElement>(".c-sync");
  const text = counter?.querySelector("[data-sync-text]");
  if (!counter || !text) return;
  const all = await waiting();
  counter.classList.toggle("c-sync--waiting", all.length > 0);
  text.textContent = counterText(all, actor, {
    all_synced: words.all_synced ?? "",
    to_sync: words.to_sync ?? "",
    others: words.others ?? "",
  });
}
