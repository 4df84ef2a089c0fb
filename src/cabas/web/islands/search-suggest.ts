import { announce } from "./kit/status.ts";
import { word } from "./kit/words.ts";
import { fetchDocument } from "./kit/swap.ts";
import { movedOption } from "./logic/listbox.ts";

// The search field as a combobox over GET <data-url>?q=…, which answers elements with role="option" and an id.
// Without an answer the form still searches.

const LENGTH_MIN = 2;
const SETTLE_MS = 120;
const LIST_ID = "suggestions";

/* lifecycle */

export function searchSuggest(form: HTMLElement): void {
  const input = form.querySelector<HTMLInputElement>('input[type="search"]');
  if (!input) return;
  const list = makeList(form, input);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request: AbortController | undefined;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    request?.abort();
    request = new AbortController();
    const { signal } = request;
    timer = setTimeout(() => void suggest(form, input, list, signal), SETTLE_MS);
  });
  input.addEventListener("keydown", (event) => onKey(event, input, list));
  input.addEventListener("focus", () => list.childElementCount && open(input, list));
  form.addEventListener("focusout", ({ relatedTarget }) => {
    if (!(relatedTarget instanceof Node && form.contains(relatedTarget))) close(input, list);
  });
  // A click on an option must not take the focus before it is followed.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
}

/* actions */

async function suggest(form: HTMLElement, input: HTMLInputElement, list: HTMLElement, signal: AbortSignal): Promise<void> {
  const query = input.value.trim();
  if (query.length < LENGTH_MIN) return close(input, list);
  try {
    const answer = await fetchDocument(`${form.dataset.url ?? "/suggestions"}?q=${encodeURIComponent(query)}`, signal);
    list.replaceChildren(...answer.body.childNodes);
  } catch {
    return;
  }
  const count = optionsOf(list).length;
  if (!count || document.activeElement !== input) return close(input, list);
  open(input, list);
  announce(`${count} ${word("results")}`);
}

function onKey(event: KeyboardEvent, input: HTMLInputElement, list: HTMLElement): void {
  if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    return close(input, list);
  }
  const options = optionsOf(list);
  const current = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "Enter" && !list.hidden && current >= 0) {
    event.preventDefault();
    options[current]?.click();
    return;
  }
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const next = movedOption(current, event.key, options.length);
  if (next === null || (list.hidden && !["ArrowDown", "ArrowUp"].includes(event.key))) return;
  event.preventDefault();
  open(input, list);
  select(input, options, next);
}

/* private */

function makeList(form: HTMLElement, input: HTMLInputElement): HTMLElement {
  const list = document.createElement("div");
  list.id = LIST_ID;
  list.className = "c-suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") ?? "");
  list.hidden = true;
  form.append(list);
  for (const [name, value] of [["role", "combobox"], ["aria-expanded", "false"], ["aria-autocomplete", "list"], ["aria-controls", LIST_ID]] as const) {
    input.setAttribute(name, value);
  }
  return list;
}

function select(input: HTMLInputElement, options: HTMLElement[], index: number): void {
  options.forEach((one, i) => one.setAttribute("aria-selected", String(i === index)));
  const chosen = options[index];
  if (chosen) {
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  } else input.removeAttribute("aria-activedescendant");
}

function open(input: HTMLInputElement, list: HTMLElement): void {
  list.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function close(input: HTMLInputElement, list: HTMLElement): void {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  for (const one of optionsOf(list)) one.setAttribute("aria-selected", "false");
}

function optionsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="option"]')];
}
