import { outcome, readChanges, retryDelayMs, withChange, withoutChange, type Change } from "../logic/outbox.ts";
import { csrfToken } from "./csrf.ts";

// Sends basket changes: shown at once, the first tap sent at once and the next ones when they settle (so that a tap
// followed by a change of page is never late), kept on the device until the server has answered.

export interface BasketAnswer {
  quantity: number;
  quantity_label: string;
  basket: { count: number; total: string; total_label: string; message: string };
  line_total?: string;
  undo?: unknown;
}

export type BasketEvent =
  | { kind: "saved"; gtin: string; answer: BasketAnswer }
  | { kind: "refused"; gtin: string; quantity: number | null; text: string }
  | { kind: "waiting"; count: number };

const STORE = "cabas.outbox";
const SETTLE_MS = 250;
const listeners = new Set<(event: BasketEvent) => void>();
const settling = new Map<string, ReturnType<typeof setTimeout>>();
const sending = new Set<string>();
let attempts = 0;
let holding = false;
let retry: ReturnType<typeof setTimeout> | undefined;

/** Calls back for each answer, refusal, or change of the number of unsent changes. */
export function onBasket(listener: (event: BasketEvent) => void): void {
  listeners.add(listener);
}

/** Sets a line's quantity. Safe to call on each tap. */
export function setQuantity(gtin: string, quantity: number): void {
  save(withChange(load(), { opId: crypto.randomUUID(), gtin, quantity, ts: Date.now() }));
  if (!sending.has(gtin) && !settling.has(gtin)) return void send(gtin);
  clearTimeout(settling.get(gtin));
  settling.set(gtin, setTimeout(() => {
    settling.delete(gtin);
    void send(gtin);
  }, SETTLE_MS));
}

/** What is not yet known to the server, for pages shown from the cache. */
export function unsent(): Change[] {
  return load();
}

/** Sends what a former page or a lost network left behind; called once by the shop's entry. */
export function watchOutbox(): void {
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") flush();
    else sendSettling();
  });
  addEventListener("pagehide", sendSettling);
  flush();
}

function flush(): void {
  clearTimeout(retry);
  for (const { gtin } of load()) if (!settling.has(gtin)) void send(gtin);
}

function sendSettling(): void {
  for (const [gtin, timer] of settling) {
    clearTimeout(timer);
    settling.delete(gtin);
    void send(gtin);
  }
}

async function send(gtin: string): Promise<void> {
  const change = load().find((one) => one.gtin === gtin);
  if (!change || sending.has(gtin)) return;
  sending.add(gtin);
  const { status, body } = await post(change);
  sending.delete(gtin);
  const meaning = outcome(status);
  if (meaning === "later") return later();
  attempts = 0;
  save(withoutChange(load(), change.opId));
  // A newer tap waits: its answer is the one to show.
  if (load().some((one) => one.gtin === gtin)) return void (settling.has(gtin) || send(gtin));
  back();
  tell(meaning === "saved" ? { kind: "saved", gtin, answer: body as BasketAnswer } : refusal(gtin, body));
}

async function post(change: Change): Promise<{ status: number | null; body: unknown }> {
  try {
    const answer = await fetch(`/panier/lignes/${change.gtin}`, {
      method: "POST",
      keepalive: true,
      credentials: "same-origin",
      headers: { Accept: "application/json", "Idempotency-Key": change.opId },
      body: new URLSearchParams({ quantity: String(change.quantity), _csrf_token: csrfToken() }),
    });
    return { status: answer.status, body: await answer.json().catch(() => null) };
  } catch {
    return { status: null, body: null };
  }
}

function refusal(gtin: string, body: unknown): BasketEvent {
  const { quantity, detail } = (body ?? {}) as { quantity?: unknown; detail?: unknown };
  return {
    kind: "refused",
    gtin,
    quantity: typeof quantity === "number" ? quantity : null,
    text: typeof detail === "string" ? detail : "",
  };
}

/** The server answers again: what it refused before goes at once. */
function back(): void {
  if (!holding) return;
  holding = load().length > 0;
  tell({ kind: "waiting", count: load().length });
  if (holding) flush();
}

function later(): void {
  holding = true;
  clearTimeout(retry);
  retry = setTimeout(flush, retryDelayMs(attempts++));
  tell({ kind: "waiting", count: load().length });
}

function tell(event: BasketEvent): void {
  for (const listener of listeners) listener(event);
}

// Where storage is full or forbidden, changes live as long as the page.
let inMemory: Change[] | null = null;

function load(): Change[] {
  return inMemory ?? readChanges(localStorage.getItem(STORE), Date.now());
}

function save(changes: Change[]): void {
  try {
    localStorage.setItem(STORE, JSON.stringify(changes));
  } catch {
    inMemory = changes;
  }
}
