import { announce } from "./kit/status.ts";
import { clockText, crossedMark, leftMs } from "./logic/countdown.ts";

// The held slot's clock, by the server's time. Two polite messages only: two minutes left, and released.

const MARKS_MS = [120_000];

export function holdCountdown(element: HTMLElement): void {
  const { expiresAt, serverNow } = element.dataset;
  const clock = element.querySelector<HTMLElement>("[data-clock]");
  if (!expiresAt || !serverNow || !clock) return;
  const loaded = performance.now();
  const read = () => leftMs(expiresAt, serverNow, performance.now() - loaded);
  let left = read();
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    const before = left;
    left = read();
    clock.textContent = clockText(left);
    element.classList.toggle("c-hold--soon", left <= 120_000);
    if (left > 0 && crossedMark(before, left, MARKS_MS) !== null) announce(element.dataset.soon ?? "", { now: true });
    if (left === 0) {
      clearInterval(timer);
      release(element);
    }
  };
  timer = setInterval(tick, 1000);
  tick();
}

function release(element: HTMLElement): void {
  const { goneTitle = "", goneLabel = "", goneHref = "/creneaux" } = element.dataset;
  const text = document.createElement("p");
  text.textContent = goneTitle;
  const link = document.createElement("a");
  link.href = goneHref;
  link.className = "c-button c-button--moon";
  link.textContent = goneLabel;
  element.classList.remove("c-hold--soon");
  element.classList.add("c-hold--gone");
  element.replaceChildren(text, link);
  announce(goneTitle, { now: true });
}
