// What a code means at the shelf, without asking the server. The same rules as web/store_app/scanning.py and
// domain/preparation/scales.py, which remain the arbiters.

export interface OrderedLine {
  no: number;
  gtin: string;
  name: string;
  by_weight: boolean;
  quantity: number;
  grams_min: number;
  grams_max: number;
  kilogram_cents: number;
  zone: string;
  substitutes: { gtin: string; name: string; zone: string }[];
}

export interface ScaleLabel {
  gtin: string;
  held: "weight" | "price";
  value: number;
}

const PRICE_RANGES = new Set(["02", "20", "21", "22"]);

/** The thirteen digits of an EAN-8, UPC, EAN-13; null for anything else. */
export function gtinOf(code: string): string | null {
  const digits = code.trim();
  return /^\d{8,14}$/.test(digits) ? digits.replace(/^0+/, "").padStart(13, "0") : null;
}

export function checkDigit(body: string): string {
  const sum = [...body].reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/** A label of the store's own scale: two digits of range, five of article, five of weight or price, a check digit. */
export function readScaleLabel(code: string): ScaleLabel | null {
  const digits = code.trim();
  if (!/^(02|2\d)\d{11}$/.test(digits) || checkDigit(digits.slice(0, 12)) !== digits[12]) return null;
  const value = Number(digits.slice(7, 12));
  if (!value) return null;
  const bare = `${digits.slice(0, 7)}00000`;
  return {
    gtin: bare + checkDigit(bare),
    held: PRICE_RANGES.has(digits.slice(0, 2)) ? "price" : "weight",
    value,
  };
}

export function gramsOf(label: ScaleLabel, kilogramCents: number): number {
  if (label.held === "weight") return label.value;
  return kilogramCents ? Math.max(1, Math.floor((label.value * 2000 + kilogramCents) / (2 * kilogramCents))) : 1;
}

export type Read =
  | { kind: "picked"; gtin: string; quantity: number }
  | { kind: "weighed"; gtin: string; weight_grams: number }
  | { kind: "substituted"; gtin: string; quantity?: number; weight_grams?: number }
  | { kind: "refused"; reason: string };

/** A code scanned for a line: picked, weighed, or why not. */
export function readForLine(line: OrderedLine, code: string): Read {
  const label = readScaleLabel(code);
  if (label && line.by_weight && label.gtin === line.gtin) {
    return { kind: "weighed", gtin: line.gtin, weight_grams: gramsOf(label, line.kilogram_cents) };
  }
  if (gtinOf(code) !== line.gtin) return { kind: "refused", reason: "wrong_product" };
  if (line.by_weight) return { kind: "refused", reason: "weight_needed" };
  return { kind: "picked", gtin: line.gtin, quantity: line.quantity };
}

/** A code scanned to replace a line's product: one of the ranked substitutes, or refused. */
export function readForSubstitute(line: OrderedLine, code: string): Read {
  const label = line.by_weight ? readScaleLabel(code) : null;
  const gtin = label ? label.gtin : gtinOf(code);
  if (!gtin || !line.substitutes.some((one) => one.gtin === gtin)) return { kind: "refused", reason: "not_an_alternative" };
  if (!line.by_weight) return { kind: "substituted", gtin, quantity: line.quantity };
  return { kind: "substituted", gtin, weight_grams: label ? gramsOf(label, line.kilogram_cents) : line.quantity };
}

/** Null when the weight is near enough. */
export function weightProblem(line: OrderedLine, grams: number): "too_light" | "too_heavy" | null {
  if (grams < line.grams_min) return "too_light";
  return grams > line.grams_max ? "too_heavy" : null;
}
