// The waiting room's arithmetic: the same as domain/waiting_room/line.py, on what everybody may read.

export interface Serving {
  on: boolean;
  now: string;
  stale_after?: number;
  poll?: [number, number];
  event?: number;
  opens_at?: string | null;
  ticked?: string | null;
  threshold?: [number, number];
  line?: [number, number][];
  pace?: number;
  secret?: string;
  stock?: { none: number[]; nothing: number[] };
}

/** [bucket, share of it 0 … 1] */
export type Rank = [number, number];

/** "event_bucket_who_store", written beside the place; who is "~share", or the person the draw will place. */
export interface Line {
  event: number;
  bucket: number;
  share: number | null;
  who: string;
  store: number;
}

export function readLine(cookies: string): Line | null {
  const found = /(?:^|; )(?:__Host-)?cabas_line=(\d+)_(\d+)_([^_;]+)_(\d+)/.exec(cookies);
  if (!found) return null;
  const [, event, bucket, who = "", store] = found;
  return {
    event: Number(event),
    bucket: Number(bucket),
    share: who.startsWith("~") ? Number(who.slice(1)) : null,
    who,
    store: Number(store),
  };
}

export function isCalled(rank: Rank, threshold: Rank): boolean {
  return rank[0] < threshold[0] || (rank[0] === threshold[0] && threshold[1] > 0 && rank[1] <= threshold[1]);
}

/** How many stand at or before the rank. */
export function positionIn(points: readonly [number, number][], [bucket, share]: Rank): number {
  const first = points[0];
  if (!first) return 0;
  if (bucket === 0) return first[0] === 0 ? first[1] * share : 0;
  const place = bucket - 1 + share;
  const found = points.findIndex(([end]) => end >= place);
  const after = found < 0 ? points.length - 1 : found;
  const [end, total] = points[after]!;
  const [start, before] = points[after - 1] ?? [0, 0];
  if (end <= start) return total;
  return before + (total - before) * Math.min(Math.max((place - start) / (end - start), 0), 1);
}

const NOISE = 1e-6;

/** Two leading digits, upwards: 43 → 50, 12345 → 13000. */
export function rounded(exact: number): number {
  if (exact < 10) return 10;
  let step = 10;
  while (exact >= step * 100) step *= 10;
  return Math.ceil(exact / step - NOISE) * step;
}

export interface Estimate {
  ahead: number;
  low: number | null;
  high: number | null;
}

export function estimate(serving: Serving, rank: Rank): Estimate {
  const points = serving.line ?? [];
  const exact = Math.max(positionIn(points, rank) - positionIn(points, serving.threshold ?? [0, 0]), 0);
  const pace = serving.pace ?? 0;
  if (pace <= 0) return { ahead: rounded(exact), low: null, high: null };
  const minutes = exact / pace / 60;
  const [low, high] = [Math.floor(minutes * 0.7 + NOISE), Math.ceil(minutes * 1.5 - NOISE)];
  return { ahead: rounded(exact), low, high: Math.max(high, 1) };
}

/** A tenth of the expected wait, within the server's bounds, with jitter. */
export function pollMs(serving: Serving, ahead: number, random: () => number = Math.random): number {
  const [low, high] = serving.poll ?? [2, 20];
  const pace = serving.pace ?? 0;
  const seconds = pace > 0 ? Math.min(Math.max(ahead / pace / 10, low), high) : high;
  return Math.round(seconds * 1000 * (0.8 + 0.4 * random()));
}

/** How old it was when it was served: the application says so, a file's dates do. Never by this device's clock. */
export function ageMs(headers: Pick<Headers, "get">): number {
  const told = headers.get("age");
  if (told !== null) return Number(told) * 1000;
  const age = Date.parse(headers.get("date") ?? "") - Date.parse(headers.get("last-modified") ?? "");
  return Number.isNaN(age) ? 0 : age;
}

/** Whether the controller is silent: nothing changed for a while here, or it was old already when it came. */
export function isStale(serving: Serving, unchangedMs: number, age: number): boolean {
  return Math.max(unchangedMs, age) > (serving.stale_after ?? 10) * 1000;
}

/** How much longer to wait before the door is tried again, after so many times in vain: up to a minute. */
export function retryMs(tries: number, random: () => number = Math.random): number {
  return tries ? Math.min(2000 * 2 ** tries, 60_000) * (0.5 + random() / 2) : 0;
}

/** The share that the draw gave: the first 48 bits of HMAC-SHA256(secret, event as 8 bytes, who as 16). */
export async function drawnShare(secret: string, event: number, who: string): Promise<number> {
  const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", bytes(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = await crypto.subtle.sign("HMAC", key, bytes(event.toString(16).padStart(16, "0") + who));
  let fraction = 0;
  for (const byte of new Uint8Array(signed).subarray(0, 6)) fraction = fraction * 256 + byte;
  return fraction / (2 ** 48 - 1);
}
