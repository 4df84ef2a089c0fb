// Time left by the server's clock: the device's own clock may be hours off.

/** Milliseconds left, given what the server said when the page was made and how long ago that was. */
export function leftMs(expiresAt: string, serverNow: string, sinceLoadMs: number): number {
  return Math.max(0, Date.parse(expiresAt) - Date.parse(serverNow) - sinceLoadMs);
}

/** "9:05", or "1:02:09" above the hour. */
export function clockText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const pad = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** The mark (in ms) crossed between two readings, highest first; null when none was. */
export function crossedMark(beforeMs: number, afterMs: number, marks: readonly number[]): number | null {
  return marks.find((mark) => beforeMs > mark && afterMs <= mark) ?? null;
}
