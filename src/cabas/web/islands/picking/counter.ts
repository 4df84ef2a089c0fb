import { fetchDocument, swapIn } from "../kit/swap.ts";

// The counter: who has arrived, asked again and again, with a sound for each newcomer; and how long one has waited.

const EVERY_MS = 10_000;

export function arrivals(element: HTMLElement): void {
  const timer = setInterval(() => {
    if (!document.contains(element)) return clearInterval(timer);
    if (!document.hidden) void renew(element);
  }, EVERY_MS);
}

async function renew(element: HTMLElement): Promise<void> {
  try {
    const fresh = await fetchDocument(location.pathname);
    const came = fresh.querySelectorAll(".c-task").length > element.querySelectorAll(".c-task").length;
    swapIn(fresh, `#${element.id}`);
    if (came) navigator.vibrate?.([60, 60, 60]);
  } catch {
    // Without network the last known list stays.
  }
}

export function elapsed(element: HTMLElement): void {
  const since = Date.parse(element.dataset.since ?? "");
  const text = element.querySelector("[data-elapsed]");
  if (!text || Number.isNaN(since)) return;
  const limitMs = 300_000;
  const show = () => {
    const passed = Math.max(0, Date.now() - since);
    const seconds = Math.floor(passed / 1000);
    text.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    element.classList.toggle("c-timer--late", passed >= limitMs);
  };
  show();
  setInterval(show, 1000);
}
