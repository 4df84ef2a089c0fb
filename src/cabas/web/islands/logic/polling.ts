// How long to wait before asking again: the server's pace, with jitter, slower after failures or when nobody looks.

export interface Pace {
  everyMs: number;
  failures: number;
  hidden: boolean;
}

export const POLL_MS_MAX = 120_000;

export function nextPollMs({ everyMs, failures, hidden }: Pace, random: () => number = Math.random): number {
  const slowed = everyMs * 2 ** Math.min(failures, 6) * (hidden ? 4 : 1);
  return Math.round(Math.min(slowed, POLL_MS_MAX) * (0.8 + 0.4 * random()));
}
