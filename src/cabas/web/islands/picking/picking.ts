// An order in a picker's hands, with or without network: each form of the page becomes an event of the device's journal,
// takes effect on the screen at once, and is sent when it can be. The pages work alone; this makes them a device's own.

import { announce } from "../kit/status.ts";
import { fetchDocument, replace } from "../kit/swap.ts";
import { toast } from "../kit/toast.ts";
import { EMPTY, fed } from "../logic/wedge.ts";
import { offerCamera } from "../scan.ts";
import type { JournalEvent, Outcome } from "./journal.ts";
import { after, nextCrate, nextLine, notReady, type OrderCopy } from "./progress.ts";
import { readForLine, readForSubstitute, weightProblem, type OrderedLine } from "./scanned.ts";
import { Screen } from "./screen.ts";
import { append, waiting } from "./store.ts";
import { watchJournal, type SyncTold } from "./sync.ts";
import { keepOrder } from "./worker.ts";
import { hideVerdict, showVerdict } from "./verdict.ts";

type Members = Record<string, string | number | boolean>;

const WHOLE = "tout";
const HANDLING = new Set(["picked", "weighed", "short", "missing", "substituted"]);
const NUMBERS = ["line", "quantity", "weight_grams", "pieces", "crate_no", "gtin"];
const TEXTS = ["zone", "place"];

/* lifecycle */

export function picking(root: HTMLElement): void {
  if (root.dataset.view === "debut") return;
  const said = root.querySelector("[data-order]")?.textContent;
  if (!said) return void takeWhole(root);
  void new Bench(root, JSON.parse(said) as OrderCopy).open();
}

/** The first page shows what is looked at; the device then takes all of the order. */
async function takeWhole(root: HTMLElement): Promise<void> {
  const address = new URL(location.href);
  address.searchParams.set(WHOLE, "1");
  try {
    const fresh = (await fetchDocument(address.href)).getElementById(root.id);
    if (fresh?.querySelector("[data-order]")) replace(root, fresh);
  } catch {
    // Without network the plain page stays as it is.
  }
}

class Bench {
  readonly #words: Record<string, string>;
  readonly #screen: Screen;
  readonly #made = new Map<string, JournalEvent>();
  readonly #keeping = new Set<string>();
  #last: Promise<void> = Promise.resolve();
  #flush = () => {};
  #finishing = false;

  constructor(
    readonly root: HTMLElement,
    private copy: OrderCopy,
  ) {
    this.#words = JSON.parse(root.querySelector("[data-words]")?.textContent || "{}") as Record<string, string>;
    this.#screen = new Screen(root, this.#words);
  }

  async open(): Promise<void> {
    for (const { event } of await waiting()) {
      if (event.order_id === this.copy.order) this.#take(event);
    }
    this.root.addEventListener("submit", (event) => this.#submit(event));
    this.root.addEventListener("click", (event) => this.#click(event));
    this.#listen();
    for (const form of this.root.querySelectorAll<HTMLFormElement>("[data-scan]")) {
      offerCamera(form, (code) => this.#scanned(form, code));
    }
    this.#screen.show(this.copy);
    keepOrder();
    this.#flush = watchJournal(this.copy.actor, this.#words, (told) => this.#told(told));
    addEventListener("offline", () => announce(this.#words.offline ?? "", { now: true }));
  }

  /* actions */

  #submit(event: SubmitEvent): void {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("event" in form.dataset)) return;
    event.preventDefault();
    const fields = new FormData(form);
    const kind = String(fields.get("kind"));
    const line = this.#line(Number(fields.get("line")));
    if (kind === "scan" || kind === "substitute_scan") return this.#scanned(form, String(fields.get("code")));
    if (kind === "ready") return void this.#finish();
    const members = membersOf(fields);
    if (kind === "weighed" || (kind === "substituted" && line?.by_weight)) {
      const problem = line && !fields.get("confirmed") ? weightProblem(line, Number(members.weight_grams)) : null;
      if (problem && line) return this.#doubt(line, problem, kind === "weighed");
      if (fields.get("confirmed")) members.confirmed = true;
    }
    void this.#record(kind, members);
  }

  #scanned(form: HTMLFormElement, code: string): void {
    hideVerdict();
    form.reset();
    const line = this.#line(Number(new FormData(form).get("line")));
    if (!line) return;
    const read = (form.querySelector<HTMLInputElement>('[name="kind"]')?.value === "scan" ? readForLine : readForSubstitute)(line, code);
    if (read.kind === "refused") {
      showVerdict("ko", this.#words[read.reason] ?? read.reason);
      if (read.reason === "weight_needed") this.#screen.askWeight(line.no);
      return;
    }
    const { kind, gtin, ...members } = read;
    const grams = "weight_grams" in members ? members.weight_grams : undefined;
    const problem = grams ? weightProblem(line, grams) : null;
    if (problem) {
      this.#screen.askWeight(line.no, grams);
      return this.#doubt(line, problem, kind === "weighed");
    }
    showVerdict("ok", this.#words.right ?? "");
    const amounts: Record<string, number> = { ...members };
    void this.#record(kind, { line: line.no, gtin: Number(gtin), ...amounts });
  }

  #doubt(line: OrderedLine, problem: string, mayKeep: boolean): void {
    showVerdict("ko", this.#words[problem] ?? problem);
    if (mayKeep) this.#screen.offerToKeep(line.no);
  }

  async #finish(): Promise<void> {
    const problem = notReady(this.copy);
    if (problem) return showVerdict("ko", this.#words[problem] ?? problem);
    this.#finishing = true;
    await this.#record("ready", {});
    if (!navigator.onLine) toast(this.#words.finish_offline ?? "");
  }

  /** One after the other, so that numbers of crates never meet. */
  #record(kind: string, members: Members): Promise<void> {
    const tapped = HANDLING.has(kind) ? `${kind} ${members.line}` : "";
    if (tapped && this.#keeping.has(tapped)) return this.#last; // the same tap twice
    this.#keeping.add(tapped);
    this.#last = this.#last.then(() => this.#keep(kind, members)).finally(() => this.#keeping.delete(tapped));
    return this.#last;
  }

  /** First kept, then shown: what the screen says is done survives an empty battery. */
  async #keep(kind: string, members: Members): Promise<void> {
    const numbered = kind === "crate_added" ? { ...members, crate_no: nextCrate(this.copy) } : members;
    const event = {
      event_id: crypto.randomUUID(),
      order_id: this.copy.order,
      occurred_at: new Date().toISOString(),
      kind,
      ...numbered,
    };
    try {
      await append(this.copy.actor, event);
    } catch {
      return showVerdict("ko", this.#words.not_kept ?? "");
    }
    this.#take({ ...event, device_seq: 0 });
    if (HANDLING.has(kind)) this.#screen.goTo(this.copy, nextLine(this.copy, Number(members.line ?? 0)));
    else this.#screen.show(this.copy);
    this.#flush();
  }

  #click(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-goto], [data-goto-line], [data-show]") : null;
    if (!link) return;
    event.preventDefault();
    const { goto, gotoLine, show } = link.dataset;
    if (show) this.#screen.panel(link, show);
    else if (gotoLine) this.#screen.goTo(this.copy, Number(gotoLine));
    else if (goto === "ligne") this.#screen.goTo(this.copy, this.#screen.line || nextLine(this.copy, 0));
    else if (goto) this.#screen.view(goto);
  }

  /* private */

  #take(event: JournalEvent): void {
    this.#made.set(event.event_id, event);
    this.copy = after(this.copy, event);
    this.#screen.mark(this.copy, event);
  }

  #listen(): void {
    let burst = EMPTY;
    document.addEventListener("keydown", (event) => {
      if (event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey) return;
      const read = fed(burst, event.key, event.timeStamp);
      burst = read.burst;
      const form = this.#screen.armed();
      if (!read.code || !form) return;
      event.preventDefault();
      this.#scanned(form, read.code);
    });
  }

  #told({ state, refused = [] }: SyncTold): void {
    if (state === "signed-out") {
      toast(this.#words.signed_out ?? "", { label: "PIN", run: () => location.assign("/preparation/connexion") });
    }
    if (state === "reload") location.reload();
    if (state === "synced") keepOrder();
    this.#screen.refused(refused.map((one) => this.#refusal(one)));
    const settled = state === "synced" && this.#finishing && !refused.length;
    if (settled) void waiting().then((left) => {
      if (!left.some(({ event }) => event.order_id === this.copy.order)) location.assign(`${location.pathname}?vue=bacs`);
    });
    if (refused.length) this.#finishing = false;
  }

  #refusal({ event_id, text }: Outcome): string {
    const event = this.#made.get(event_id);
    const line = this.#line(Number(event?.line));
    return line ? `${line.name} — ${text}` : text;
  }

  #line(no: number): OrderedLine | undefined {
    return this.copy.lines.find((line) => line.no === no);
  }
}

function membersOf(fields: FormData): Members {
  const members: Members = {};
  for (const name of NUMBERS) if (fields.get(name)) members[name] = Number(fields.get(name));
  for (const name of TEXTS) if (fields.get(name)) members[name] = String(fields.get(name));
  return members;
}
