import { connect } from "./island.ts";

// Takes parts of a page from the server and puts them in place of the ones shown; focus and scroll stay.

/** Fetches a page or a fragment; throws on anything but success. */
export async function fetchDocument(url: string, signal?: AbortSignal): Promise<Document> {
  const answer = await fetch(url, {
    headers: { Accept: "text/html", "X-Fragment": "1" },
    credentials: "same-origin",
    ...(signal ? { signal } : {}),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Replaces each element of the page matching `selector` by the one of the same id in `source`. */
export function swapIn(source: Document, selector: string): void {
  for (const shown of document.querySelectorAll<HTMLElement>(selector)) {
    const fresh = shown.id ? source.getElementById(shown.id) : source.querySelector<HTMLElement>(selector);
    if (fresh) replace(shown, fresh);
  }
}

/** Replaces one element, and gives focus back to the same control. */
export function replace(shown: HTMLElement, fresh: HTMLElement): void {
  const mark = shown.contains(document.activeElement) ? focusMark(document.activeElement) : null;
  const adopted = document.adoptNode(fresh);
  shown.replaceWith(adopted);
  connect(adopted);
  if (mark) (find(adopted, mark) ?? adopted).focus({ preventScroll: true });
}

interface FocusMark {
  id: string;
  name: string;
  value: string;
  href: string;
}

function focusMark(element: Element | null): FocusMark | null {
  if (!element) return null;
  return {
    id: element.id,
    name: element.getAttribute("name") ?? "",
    value: element.getAttribute("value") ?? "",
    href: element.getAttribute("href") ?? "",
  };
}

function find(root: HTMLElement, mark: FocusMark): HTMLElement | undefined {
  const candidates = [...root.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea")];
  return (
    candidates.find((one) => mark.id && one.id === mark.id) ??
    candidates.find((one) => mark.name && one.getAttribute("name") === mark.name && one.getAttribute("value") === mark.value) ??
    candidates.find((one) => mark.name && one.getAttribute("name") === mark.name) ??
    candidates.find((one) => mark.href && one.getAttribute("href") === mark.href)
  );
}
