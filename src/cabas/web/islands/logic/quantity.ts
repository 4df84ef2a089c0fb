// What a tap on a stepper or a typed number means. Quantities are pieces, or grams for goods sold by weight.

export interface Bounds {
  step: number;
  max: number;
}

/** One step up (+1) or down (−1); below one step the line goes. */
export function moved(quantity: number, move: number, { step, max }: Bounds): number {
  const next = quantity + move * step;
  if (move < 0 && next < step) return 0;
  return clamp(next, max);
}

/** A typed number; null when it is not one, so that the field can be put back. */
export function typed(text: string, { max }: Bounds): number | null {
  const digits = text.trim().replace(/\s/g, "");
  if (!/^\d{1,6}$/.test(digits)) return null;
  return clamp(Number(digits), max);
}

function clamp(quantity: number, max: number): number {
  return Math.max(0, Math.min(quantity, max));
}
