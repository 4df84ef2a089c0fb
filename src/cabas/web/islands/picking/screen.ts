// What is on the screen of an order: which line, which panel, what is marked as done. Markup is the server's own.

import { announce } from "../kit/status.ts";
import type { JournalEvent } from "./journal.ts";
import { handled, letterOf, nextCrate, type OrderCopy } from "./progress.ts";

export class Screen {
  line = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly words: Record<string, string>,
  ) {
    this.line = Number(root.querySelector<HTMLElement>(".c-pick:not([hidden])")?.dataset.line ?? 0);
  }

  /** Shows a line, or the crates when none is left (0). */
  goTo(copy: OrderCopy, line: number): void {
    this.line = line;
    this.show(copy);
    if (!line) return this.view("bacs");
    for (const section of this.#all(".c-pick")) section.hidden = Number(section.dataset.line) !== line;
    this.view("ligne");
    const section = this.#section(line);
    this.#panel(section, "pick");
    section?.setAttribute("tabindex", "-1");
    section?.focus({ preventScroll: true });
  }

  view(name: string): void {
    for (const part of this.#all("[data-view-of]")) part.hidden = part.dataset.viewOf !== name;
    for (const tab of this.#all("[data-goto]")) {
      if (tab.dataset.goto === name) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    const query = name === "ligne" && this.line ? `?vue=ligne&n=${this.line}` : `?vue=${name}`;
    history.replaceState(null, "", location.pathname + query);
    scrollTo({ top: 0 });
  }

  panel(link: HTMLElement, name: string): void {
    this.#panel(link.closest<HTMLElement>(".c-pick"), name);
    scrollTo({ top: 0 });
  }

  /** Everything that counts, after each event. */
  show(copy: OrderCopy): void {
    const done = handled(copy);
    const bar = this.root.querySelector<HTMLProgressElement>("[data-progress]");
    if (bar) bar.value = done;
    this.#text("[data-progress-text]", `${done}/${copy.lines.length}`);
    const left = this.root.querySelector<HTMLElement>("[data-left]");
    if (left) left.hidden = done === copy.lines.length;
    if (left && !left.hidden) left.textContent = this.words.lines_left ?? "";
    const none = this.root.querySelector<HTMLElement>("[data-no-crate]");
    if (none) none.hidden = copy.crates.length > 0;
    for (const field of this.#all<HTMLInputElement>('.c-zones [name="crate_no"]')) field.value = String(nextCrate(copy));
  }

  /** Marks what an event did to a line or to the crates. */
  mark(copy: OrderCopy, event: JournalEvent): void {
    if (typeof event.line === "number") this.#markLine(event.line, copy.done[event.line]);
    if (event.kind === "crate_added") this.#addCrate(copy, Number(event.crate_no), String(event.zone));
    if (event.kind === "crate_removed") this.root.querySelector(`[data-crate="${event.crate_no}"]`)?.remove();
    if (event.kind === "crate_staged") announce(String(event.place), { now: true });
  }

  askWeight(line: number, grams?: number): void {
    const field = this.#section(line)?.querySelector<HTMLInputElement>("[data-grams]");
    if (field && grams) field.value = String(grams);
    field?.focus();
  }

  offerToKeep(line: number): void {
    const keep = this.#section(line)?.querySelector<HTMLElement>("[data-confirm]");
    if (keep) keep.hidden = false;
  }

  refused(texts: readonly string[]): void {
    const box = this.root.querySelector<HTMLElement>("[data-refused]");
    const list = box?.querySelector("[data-refused-list]");
    if (!box || !list || !texts.length) return;
    for (const text of texts) {
      const item = document.createElement("li");
      item.textContent = text;
      list.append(item);
    }
    box.hidden = false;
  }

  /** The scan field of what is looked at. */
  armed(): HTMLFormElement | null {
    const section = this.root.querySelector('[data-view-of="ligne"]:not([hidden]) .c-pick:not([hidden])');
    return section?.querySelector<HTMLFormElement>("[data-panel]:not([hidden]) [data-scan]") ?? null;
  }

  #markLine(line: number, outcome: string | undefined): void {
    const text = outcome ? (this.words[outcome] ?? outcome) : "";
    const done = this.#section(line)?.querySelector<HTMLElement>("[data-done]");
    if (done) {
      done.hidden = !outcome;
      const words = done.querySelector("[data-done-text]");
      if (words) words.textContent = text;
    }
    const row = this.root.querySelector<HTMLElement>(`[data-row="${line}"]`);
    const state = row?.querySelector("[data-row-state]");
    if (state) state.textContent = text;
    row?.classList.toggle("c-lines__row--warn", Boolean(outcome && outcome !== "picked"));
  }

  #addCrate(copy: OrderCopy, no: number, zone: string): void {
    const template = this.root.querySelector<HTMLTemplateElement>(`[data-crate-template="${zone}"]`);
    const list = this.root.querySelector("[data-crates]");
    if (!template || !list || list.querySelector(`[data-crate="${no}"]`)) return;
    const crate = (template.content.cloneNode(true) as DocumentFragment).querySelector<HTMLElement>("[data-crate]");
    if (!crate) return;
    const letter = letterOf(no);
    crate.dataset.crate = String(no);
    for (const field of crate.querySelectorAll<HTMLInputElement>('[name="crate_no"]')) field.value = String(no);
    for (const [selector, text] of [[".c-bin__letter", letter], ["[data-label]", `${copy.code}-${letter}`]] as const) {
      const part = crate.querySelector(selector);
      if (part) part.textContent = text;
    }
    const bin = crate.querySelector(".c-bin");
    bin?.classList.replace("c-bin--a", `c-bin--${letter.toLowerCase()}`);
    const place = crate.querySelector<HTMLInputElement>('[name="place"]');
    const label = crate.querySelector("label");
    if (place && label) {
      place.id = `place-${no}`;
      label.setAttribute("for", place.id);
    }
    list.append(crate);
  }

  #panel(section: HTMLElement | null | undefined, name: string): void {
    for (const panel of section?.querySelectorAll<HTMLElement>("[data-panel]") ?? []) panel.hidden = panel.dataset.panel !== name;
  }

  #section(line: number): HTMLElement | null {
    return this.root.querySelector<HTMLElement>(`.c-pick[data-line="${line}"]`);
  }

  #text(selector: string, text: string): void {
    const part = this.root.querySelector(selector);
    if (part) part.textContent = text;
  }

  #all<T extends HTMLElement = HTMLElement>(selector: string): NodeListOf<T> {
    return this.root.querySelectorAll<T>(selector);
  }
}
