// The device's own journal: what was done and is not yet known to the server. Pure; kept by store.ts, sent by sync.ts.

export interface JournalEvent {
  event_id: string;
  order_id: string;
  device_seq: number;
  occurred_at: string;
  kind: string;
  [member: string]: string | number | boolean;
}

/** An event waiting to be sent; `actor` is who did it, and only they send it. */
export interface Waiting {
  seq: number;
  actor: string;
  event: JournalEvent;
}

export interface Outcome {
  event_id: string;
  outcome: string;
  reason: string;
  text: string;
}

export const BATCH_MAX = 100;
export const RETRY_MS = 15_000;

/** The next events that this person may send, oldest first. */
export function batchOf(waiting: readonly Waiting[], actor: string): JournalEvent[] {
  return waiting
    .filter((one) => one.actor === actor)
    .sort((one, other) => one.seq - other.seq)
    .slice(0, BATCH_MAX)
    .map((one) => one.event);
}

/** What an answer settles: numbers to forget, and refusals to show. An event that isn't told of stays. */
export function settledBy(
  waiting: readonly Waiting[],
  outcomes: readonly Outcome[],
): { done: number[]; refused: Outcome[] } {
  const told = new Map(outcomes.map((one) => [one.event_id, one]));
  const done = waiting.filter((one) => told.has(one.event.event_id)).map((one) => one.seq);
  return { done, refused: outcomes.filter((one) => one.reason !== "") };
}

/** How the answer's status is to be taken; no answer at all is "later". */
export function meaning(status: number | null): "read" | "later" | "signed-out" | "reload" {
  if (status === null || status === 408 || status === 429 || status >= 500) return "later";
  if (status === 403 || status === 401) return "signed-out";
  return status >= 200 && status < 300 ? "read" : "reload";
}

/** "3 à synchroniser", or that all is; what a colleague left on this device is counted apart. */
export function counterText(
  waiting: readonly Waiting[],
  actor: string,
  words: { all_synced: string; to_sync: string; others: string },
): string {
  const mine = waiting.filter((one) => one.actor === actor).length;
  const others = waiting.length - mine;
  if (!waiting.length) return words.all_synced;
  const parts = [];
  if (mine) parts.push(`${mine} ${words.to_sync}`);
  if (others) parts.push(`${others} ${words.others}`);
  return parts.join(" · ");
}
