// Where an order stands on the device: what is done, what comes next, what is left before it is ready. Pure.

import type { JournalEvent } from "./journal.ts";
import type { OrderedLine } from "./scanned.ts";

export interface OrderCopy {
  order: string;
  code: string;
  actor: string;
  revision: number;
  lines: OrderedLine[];
  /** Outcome by line number. */
  done: Record<string, string>;
  /** Temperature zone of what is in the crate, where a substitute's differs. */
  zones?: Record<string, string>;
  crates: { no: number; zone: string }[];
}

const HANDLED: Record<string, string> = {
  picked: "picked",
  weighed: "picked",
  short: "short",
  missing: "missing",
  substituted: "substituted",
};

/** The copy after an event; the server may still refuse it, and is then read again. */
export function after(copy: OrderCopy, event: JournalEvent): OrderCopy {
  const line = String(event.line ?? "");
  if (event.kind in HANDLED) {
    const found = copy.lines.find((one) => String(one.no) === line);
    const substitute = found?.substitutes.find((one) => one.gtin === gtin13(event.gtin));
    const zones = { ...copy.zones };
    delete zones[line];
    if (event.kind === "substituted" && substitute) zones[line] = substitute.zone;
    return { ...copy, zones, done: { ...copy.done, [line]: HANDLED[event.kind] ?? "" } };
  }
  if (event.kind === "undone") {
    const { [line]: _, ...done } = copy.done;
    return { ...copy, done };
  }
  if (event.kind === "crate_added") {
    const crate = { no: Number(event.crate_no), zone: String(event.zone) };
    return { ...copy, crates: [...copy.crates.filter(({ no }) => no !== crate.no), crate] };
  }
  if (event.kind === "crate_removed") {
    return { ...copy, crates: copy.crates.filter(({ no }) => no !== Number(event.crate_no)) };
  }
  return copy;
}

export function handled(copy: OrderCopy): number {
  return copy.lines.filter((line) => String(line.no) in copy.done).length;
}

/** The next line to pick on the walk after `from`, around the end; 0 when all are done. */
export function nextLine(copy: OrderCopy, from: number): number {
  const at = copy.lines.findIndex((line) => line.no === from);
  const walk = [...copy.lines.slice(at + 1), ...copy.lines.slice(0, at + 1)];
  return walk.find((line) => !(String(line.no) in copy.done))?.no ?? 0;
}

/** Null when the order may be declared ready. */
export function notReady(copy: OrderCopy): "lines_left" | "crate_needed" | null {
  if (handled(copy) < copy.lines.length) return "lines_left";
  const used = copy.lines
    .filter((line) => copy.done[line.no] !== "missing")
    .map((line) => copy.zones?.[line.no] ?? line.zone);
  return used.every((zone) => copy.crates.some((crate) => crate.zone === zone)) ? null : "crate_needed";
}

/** The lowest crate number that is free, from 1; 0 beyond 26. */
export function nextCrate(copy: OrderCopy): number {
  const used = new Set(copy.crates.map(({ no }) => no));
  for (let no = 1; no <= 26; no++) if (!used.has(no)) return no;
  return 0;
}

export function letterOf(crateNo: number): string {
  return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[crateNo - 1] ?? "?";
}

function gtin13(value: unknown): string {
  return String(value ?? "").padStart(13, "0");
}
