// Basket changes on their way to the server. Each is an idempotent "set", so only the last one of a line counts,
// and sending one twice does no harm.

export interface Change {
  opId: string;
  gtin: string;
  quantity: number;
  ts: number;
}

export const CHANGES_MAX = 200;
export const CHANGE_AGE_MS_MAX = 7 * 24 * 3600 * 1000;

/** Adds a change; an older one of the same line is superseded. */
export function withChange(changes: readonly Change[], change: Change): Change[] {
  return [...changes.filter(({ gtin }) => gtin !== change.gtin), change].slice(-CHANGES_MAX);
}

/** Drops a change that was answered, unless a newer one took its place meanwhile. */
export function withoutChange(changes: readonly Change[], opId: string): Change[] {
  return changes.filter((change) => change.opId !== opId);
}

/** Reads what a former visit left; anything unreadable or too old is dropped. */
export function readChanges(stored: string | null, now: number): Change[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(stored ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed.filter(isChange).filter(({ ts }) => now - ts < CHANGE_AGE_MS_MAX);
}

export type Outcome = "saved" | "refused" | "later";

/** What an answer means for the change that was sent; no answer at all is "later". */
export function outcome(status: number | null): Outcome {
  if (status === null || status === 408 || status === 425 || status === 429 || status >= 500) return "later";
  return status >= 200 && status < 400 ? "saved" : "refused";
}

/** Waits longer and longer, never in step with the other shoppers: 1 s, 2 s, 4 s … 60 s, give or take half. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(60_000, 1000 * 2 ** Math.min(attempt, 10));
  return Math.round(base * (0.5 + random()));
}

function isChange(value: unknown): value is Change {
  if (typeof value !== "object" || value === null) return false;
  const { opId, gtin, quantity, ts } = value as Record<string, unknown>;
  return (
    typeof opId === "string" &&
    typeof gtin === "string" &&
    /^\d{1,14}$/.test(gtin) &&
    Number.isInteger(quantity) &&
    typeof ts === "number"
  );
}
