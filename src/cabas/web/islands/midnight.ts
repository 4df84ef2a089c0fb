import { connect } from "./kit/island.ts";
import { announce } from "./kit/status.ts";
import { fetchDocument } from "./kit/swap.ts";
import { clockText, crossedMark, leftMs } from "./logic/countdown.ts";
import { changedTotals, sinceMs } from "./logic/opening.ts";
import { nextPollMs } from "./logic/polling.ts";

// The page "Ready for midnight": counts down by the server's clock, turns itself over at the opening, and asks for what
// changed at a moment of its own within the policy's span. The form stays as it is: nothing typed is lost, no reload.

const MARKS_MS = [600_000, 300_000, 60_000];
const NEWS_MS = 5000;

/* lifecycle */

export function midnight(head: HTMLElement): void {
  const { opensAt, serverNow, spreadMs } = head.dataset;
  const clock = head.querySelector<HTMLElement>("[data-clock]");
  if (!opensAt || !serverNow) return;
  if ("open" in head.dataset) return void (waiting() && follow());
  const since = sinceMs();
  let left = leftMs(opensAt, serverNow, since());
  const timer = setInterval(tick, 1000);
  tick();

  function tick(): void {
    const before = left;
    left = leftMs(opensAt!, serverNow!, since());
    if (clock) clock.textContent = clockText(left);
    const mark = crossedMark(before, left, MARKS_MS);
    if (left > 0 && mark !== null) announce(head.getAttribute(`data-said-${mark / 1000}`) ?? "", { now: true });
    if (left > 0) return;
    clearInterval(timer);
    turnOver(head);
    setTimeout(() => void news(), Math.random() * Number(spreadMs ?? 0));
  }
}

/* private */

function turnOver(head: HTMLElement): void {
  head.dataset.open = "";
  for (const one of document.querySelectorAll<HTMLElement>("[data-when]")) one.hidden = one.dataset.when !== "open";
  // Who asked in advance has nothing to press while the draw gives out the places.
  const form = document.getElementById("midnight-form");
  if (form) form.hidden = waiting();
  announce(head.dataset.saidOpen ?? "", { now: true });
}

/** Prices and places of after the opening; and the outcome of what was asked in advance. */
async function news(failures = 0): Promise<void> {
  try {
    const fresh = await fetchDocument(location.href);
    showRecap(fresh);
    showSlots(fresh);
    showStanding(fresh);
    if (waiting()) follow();
  } catch {
    setTimeout(() => void news(failures + 1), nextPollMs({ everyMs: NEWS_MS, failures, hidden: document.hidden }));
  }
}

function follow(failures = 0): void {
  const wait = nextPollMs({ everyMs: NEWS_MS, failures, hidden: document.hidden });
  setTimeout(() => {
    fetchDocument(location.href).then(
      (fresh) => {
        showStanding(fresh);
        if (waiting()) follow();
      },
      () => follow(failures + 1),
    );
  }, wait);
}

function waiting(): boolean {
  const standing = document.querySelector("#midnight-standing > *");
  return standing !== null && !standing.hasAttribute("data-final");
}

function showStanding(fresh: Document): void {
  const shown = document.getElementById("midnight-standing");
  const now = fresh.getElementById("midnight-standing");
  if (!shown || !now || shown.innerHTML.trim() === now.innerHTML.trim()) return;
  shown.replaceChildren(...now.childNodes);
  connect(shown);
  announce(shown.querySelector("[data-announce]")?.textContent?.trim() ?? "", { now: true });
  const form = document.getElementById("midnight-form");
  if (!form || !shown.querySelector("[data-final]")) return;
  if (fresh.getElementById("midnight-form")) form.hidden = false;
  else form.remove();
}

/** The recap at the prices of now, with what moved marked before anything is paid. */
function showRecap(fresh: Document): void {
  const shown = document.getElementById("midnight-recap");
  const now = fresh.getElementById("midnight-recap");
  if (!shown || !now) return;
  const [before, after] = [totalOf(shown), totalOf(now)];
  const moved = changedTotals(linesOf(shown), linesOf(now));
  document.adoptNode(now);
  shown.replaceWith(now);
  connect(now);
  for (const { index, before: old } of moved) strike(now.querySelectorAll(".c-recap__line")[index], old);
  const said = now.querySelector<HTMLElement>("[data-changed]");
  if (!said || (before === after && !moved.length)) return;
  said.querySelector("[data-before]")!.textContent = before;
  said.querySelector("[data-now]")!.textContent = after;
  said.hidden = false;
  announce(said.textContent?.trim() ?? "", { now: true });
}

function showSlots(fresh: Document): void {
  for (const option of document.querySelectorAll<HTMLOptionElement>("#midnight-wishes option[value]")) {
    if (!option.value) continue;
    const now = fresh.querySelector<HTMLOptionElement>(`#midnight-wishes option[value="${CSS.escape(option.value)}"]`);
    if (now) option.textContent = now.textContent;
  }
}

function linesOf(recap: Element): [string, string][] {
  return [...recap.querySelectorAll(".c-recap__line")].map((line): [string, string] => [
    line.querySelector(".c-recap__name")?.textContent ?? "",
    line.querySelector(":scope > .u-strong")?.textContent ?? "",
  ]);
}

function totalOf(recap: Element): string {
  return recap.querySelector(".c-facts__row--total dd")?.textContent?.trim() ?? "";
}

function strike(line: Element | undefined, before: string): void {
  const price = line?.querySelector(":scope > .u-strong");
  if (!price || !before) return;
  const old = document.createElement("s");
  old.textContent = before;
  price.prepend(old, " ");
}
