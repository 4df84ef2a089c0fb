// One key for one intention. The page makes a key; if the same form goes out again with the same content (a lost
// answer, a reload), it goes with the key of the first time, and the server knows it for the same order.

export interface Attempt {
  key: string;
  print: string;
  ts: number;
}

export const ATTEMPT_AGE_MS_MAX = 30 * 60 * 1000;
const UNCOUNTED = new Set(["_csrf_token", "idempotency_key"]);

/** A short print of what the form says, without its key and its token. */
export function formPrint(entries: Iterable<readonly [string, string]>): string {
  const text = [...entries]
    .filter(([name]) => !UNCOUNTED.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("\n");
  let hash = 0xcbf29ce484222325n;
  for (const char of text) hash = BigInt.asUintN(64, (hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n);
  return hash.toString(36);
}

/** The attempt to send: the stored one when it is the same intention, else a new one with the page's key. */
export function attemptFor(pageKey: string, print: string, stored: Attempt | null, now: number): Attempt {
  if (stored && stored.print === print && now - stored.ts < ATTEMPT_AGE_MS_MAX) return stored;
  return { key: pageKey, print, ts: now };
}
