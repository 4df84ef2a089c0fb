// An order on its way: kept with its key until it reads order or refusal, so that a lost answer is never a lost order.

export interface KeptOrder {
  key: string;
  cart: string;
  action: string;
  token: string;
  fields: [string, string][];
  /** What the shopper sees of it, in words. */
  said: string;
  ts: number;
}

export const KEPT_AGE_MS_MAX = 24 * 3600 * 1000;
const FIELDS_MAX = 40;
const PAGE_AFTER_MS_MAX = 60_000;
const ACTIONS = new Set(["/commande", "/minuit/commande"]);
const NEVER_KEPT = /card|carte_|cvc|cvv|iban|password|_csrf_token/i;

/** What may stay on the device: nothing of a payment card, no password, no token. */
export function keepable(entries: Iterable<readonly [string, string]>): [string, string][] {
  return [...entries]
    .filter(([name]) => !NEVER_KEPT.test(name))
    .map(([name, value]): [string, string] => [name, value])
    .slice(0, FIELDS_MAX);
}

/** What a former page left; null when there is nothing, it is unreadable, or a day has passed. */
export function readKept(stored: string | null, now: number): KeptOrder | null {
  let found: unknown;
  try {
    found = JSON.parse(stored ?? "null");
  } catch {
    return null;
  }
  if (!isKept(found) || now - found.ts >= KEPT_AGE_MS_MAX) return null;
  return found;
}

export type Meaning = "placed" | "refused" | "later";

/** What an answer to the order means. No answer and a server's own fault are "later": the order may well exist. */
export function meaningOf(status: number | null, type: string): Meaning {
  if (status === null || status === 408 || status === 429 || status >= 500) return "later";
  return status === 200 && type.startsWith("application/json") ? "placed" : "refused";
}

/** Seconds of Retry-After, bounded; 0 when there is none. */
export function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 120) * 1000 : 0;
}

/** How soon a placed order's page is to be asked for, bounded; 0: at once. */
export function pageAfterMs(told: unknown): number {
  return typeof told === "number" && told > 0 ? Math.min(told, PAGE_AFTER_MS_MAX) : 0;
}

function isKept(value: unknown): value is KeptOrder {
  if (typeof value !== "object" || value === null) return false;
  const { key, cart, action, token, fields, said, ts } = value as Record<string, unknown>;
  return (
    [key, cart, action, token, said].every((one) => typeof one === "string") &&
    ACTIONS.has(action as string) &&
    typeof ts === "number" &&
    Array.isArray(fields) &&
    fields.every((one) => Array.isArray(one) && one.length === 2 && one.every((part) => typeof part === "string"))
  );
}
