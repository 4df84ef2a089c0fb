import { fetchDocument, swapIn } from "./kit/swap.ts";

// A part of the page that depends on the basket (summary, budget, missing minimum): taken again after each change.
// The element needs an id.

const SETTLE_MS = 300;
let timer: ReturnType<typeof setTimeout> | undefined;
let watching = false;

export function refreshOnBasket(_element: HTMLElement): void {
  if (watching) return;
  watching = true;
  document.addEventListener("cabas:basket", () => {
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), SETTLE_MS);
  });
}

async function refresh(): Promise<void> {
  try {
    swapIn(await fetchDocument(location.href), '[data-island~="refresh-on-basket"]');
  } catch {
    // The next change tries again; the totals of the header are right already.
  }
}
