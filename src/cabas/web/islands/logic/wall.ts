const EVERY_MS = 1000;
const SLOWEST_MS = 10_000;

/** How old a tile is, and whether that is too old: its age as the server told it, and what has passed since. */
export function tileAge(told: { age?: string; stale?: string }, sinceMs: number): { seconds: number; stale: boolean } {
  const seconds = Math.round(Number(told.age ?? 0) + sinceMs / 1000);
  return { seconds, stale: seconds > Number(told.stale ?? 10) };
}

/** How long to wait before asking again: a second, and longer while nobody answers. */
export function wallPollMs(failures: number): number {
  return Math.min(EVERY_MS * 2 ** Math.min(failures, 4), SLOWEST_MS);
}
