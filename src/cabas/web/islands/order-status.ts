import { connect } from "./kit/island.ts";
import { announce } from "./kit/status.ts";
import { fetchDocument } from "./kit/swap.ts";
import { nextPollMs } from "./logic/polling.ts";

// Asks for the fragment at data-url every data-every seconds, shows what changed, says it. Stops at [data-final].

const EVERY_S = 10;

export function orderStatus(element: HTMLElement): void {
  const { url } = element.dataset;
  if (!url) return;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = () => {
    if (element.querySelector("[data-final]")) return;
    const everyMs = 1000 * Number(element.dataset.every ?? EVERY_S);
    timer = setTimeout(() => void ask(), nextPollMs({ everyMs, failures, hidden: document.hidden }));
  };
  const ask = async () => {
    clearTimeout(timer);
    try {
      show(element, await fetchDocument(url));
      failures = 0;
    } catch {
      failures += 1;
    }
    plan();
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !element.querySelector("[data-final]")) void ask();
  });
  plan();
}

function show(element: HTMLElement, answer: Document): void {
  if (!answer.body.childElementCount || answer.body.innerHTML.trim() === element.dataset.shown) return;
  const before = element.querySelector("[data-announce]")?.textContent?.trim();
  const first = element.dataset.shown === undefined;
  element.dataset.shown = answer.body.innerHTML.trim();
  const focusInside = element.contains(document.activeElement);
  element.replaceChildren(...answer.body.childNodes);
  connect(element);
  if (focusInside) {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
  }
  const said = element.querySelector("[data-announce]")?.textContent?.trim() ?? "";
  if (said && said !== before && !(first && !before)) announce(said, { now: true });
}
