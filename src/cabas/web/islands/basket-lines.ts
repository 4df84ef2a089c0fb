import { fetchDocument, swapIn } from "./kit/swap.ts";

// The basket's page, when a product added just before arrives after the page was made: what the former page had sent,
// or the network had kept, is answered while this page shows no line for it. Then the page is taken again.

let watching = false;

export function basketLines(_element: HTMLElement): void {
  if (watching) return;
  watching = true;
  document.addEventListener("cabas:basket", (event) => {
    const { gtin, quantity } = (event as CustomEvent<{ gtin: string; quantity: number }>).detail;
    if (quantity && !document.querySelector(`[data-line="${CSS.escape(gtin)}"]`)) void takeAgain();
  });
}

async function takeAgain(): Promise<void> {
  try {
    swapIn(await fetchDocument(location.href), "main");
  } catch {
    // The total of the header is right already, and the next visit shows the line.
  }
}
