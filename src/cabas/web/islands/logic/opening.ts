// What changes on the page at an opening.

/** Milliseconds since now, also over a sleep of the device, in which one of its two clocks may stand still. */
export function sinceMs(
  monotonic: () => number = () => performance.now(),
  wall: () => number = () => Date.now(),
): () => number {
  const [started, startedWall] = [monotonic(), wall()];
  return () => Math.max(monotonic() - started, wall() - startedWall);
}

export interface Moved {
  index: number;
  before: string;
}

/** Lines, by their place in `after`, whose price is no longer the one shown; "" for a line that wasn't. */
export function changedTotals(
  before: readonly (readonly [string, string])[],
  after: readonly (readonly [string, string])[],
): Moved[] {
  const known = new Map(before);
  return after.flatMap(([name, price], index) =>
    known.get(name) === price ? [] : [{ index, before: known.get(name) ?? "" }],
  );
}

/** The values of a ranked list after one moved by a step; the same list when it can't. */
export function moved(values: readonly string[], index: number, step: number): string[] {
  const target = index + step;
  const next = [...values];
  if (target < 0 || target >= values.length) return next;
  [next[index], next[target]] = [next[target]!, next[index]!];
  return next;
}

/** A slot chosen twice stays where it was chosen last; wishes close up, in their order. */
export function settled(values: readonly string[], chosen: number): string[] {
  const kept = values.map((value, index) => (index !== chosen && value === values[chosen] ? "" : value));
  const named = kept.filter(Boolean);
  return kept.map((_, index) => named[index] ?? "");
}
