import { keepable, meaningOf, readKept, pageAfterMs, retryAfterMs, type KeptOrder, type Meaning } from "../logic/kept.ts";
import { csrfToken } from "./csrf.ts";

// The order's one place on the device, and its way to the server: the key is asked for first, then the form goes again.

export interface Answer {
  meaning: Meaning;
  to: string;
  page: Document | null;
  waitMs: number;
  /** Of a placed order: its code, and how soon its page is to be asked for. */
  code: string;
  afterMs: number;
}

/** An answer that says no more than this. */
export function answered(meaning: Meaning, to = "", page: Document | null = null, waitMs = 0): Answer {
  return { meaning, to, page, waitMs, code: "", afterMs: 0 };
}

const PLACE = "cabas.order";
const PATIENCE_MS = 20_000;
/** Longer than the server lets an order wait its turn: to give up earlier would only send it to the end. */
const ORDER_PATIENCE_MS = 35_000;

export function keptOrder(): KeptOrder | null {
  try {
    return readKept(localStorage.getItem(PLACE), Date.now());
  } catch {
    return null;
  }
}

/** False where nothing can be kept: the form must then go by itself. */
export function keep(form: HTMLFormElement): KeptOrder | null {
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)] as const);
  const value = (wanted: string) => entries.find(([name]) => name === wanted)?.[1] ?? "";
  const order: KeptOrder = {
    key: value("idempotency_key"),
    cart: value("cart"),
    action: new URL(form.action).pathname,
    token: csrfToken(),
    fields: keepable(entries),
    said: form.dataset.kept ?? "",
    ts: Date.now(),
  };
  try {
    localStorage.setItem(PLACE, JSON.stringify(order));
    return order;
  } catch {
    return null;
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(PLACE);
  } catch {
    // Nothing was kept then.
  }
}

/** Calls back when another page of the shop has settled the order. */
export function onForgotten(listener: () => void): void {
  addEventListener("storage", (event) => {
    if (event.key === PLACE && event.newValue === null) listener();
  });
}

/** Where the order of this key is; "" when there is none, null when nobody can say. */
export async function whereabouts(order: KeptOrder): Promise<string | null> {
  try {
    const asked = new URLSearchParams({ cle: order.key, panier: order.cart });
    const answer = await fetch(`/commande/etat?${asked}`, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!answer.ok) return null;
    const { state, to } = (await answer.json()) as { state?: string; to?: string };
    return state === "absent" ? "" : (to ?? null);
  } catch {
    return null;
  }
}

export async function sendOrder(order: KeptOrder): Promise<Answer> {
  try {
    const answer = await fetch(order.action, {
      method: "POST",
      headers: { Accept: "text/html", "X-Kept": "1", "X-CSRF-Token": csrfToken() || order.token },
      credentials: "same-origin",
      body: new URLSearchParams(order.fields),
      signal: AbortSignal.timeout(ORDER_PATIENCE_MS),
    });
    const type = answer.headers.get("Content-Type") ?? "";
    const meaning = meaningOf(answer.status, type);
    const waitMs = retryAfterMs(answer.headers.get("Retry-After"));
    if (meaning === "placed") return placed(await answer.json());
    if (meaning === "later") return answered(meaning, "", null, waitMs);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return answered(meaning, answer.redirected ? answer.url : "", page, waitMs);
  } catch {
    return answered("later");
  }
}

function placed(told: unknown): Answer {
  const { to, code, after_ms } = told as { to: string; code?: string; after_ms?: number };
  return { ...answered("placed", to), code: code ?? "", afterMs: pageAfterMs(after_ms) };
}
