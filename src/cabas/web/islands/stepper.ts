import { onBasket, setQuantity, unsent, type BasketAnswer, type BasketEvent } from "./kit/basket.ts";
import { announce } from "./kit/status.ts";
import { toast } from "./kit/toast.ts";
import { word } from "./kit/words.ts";
import { moved, typed, type Bounds } from "./logic/quantity.ts";

// Every stepper of the page. A tap shows at once and is sent when taps settle; the server's answer has the last word.
// The markup comes from the same macro as the page's: <template id="stepper-filled">, "-empty" and "-icons".

/* lifecycle */

export function stepper(element: HTMLElement): void {
  element.addEventListener("submit", (event) => onSubmit(element, event));
  element.addEventListener("focusout", (event) => onLeave(element, event));
}

/** Once a page: answers, and what a cached page does not know yet. */
export function watchSteppers(): void {
  onBasket(onAnswer);
  // The "Ajouter" of cards that aren't in the basket share one form, which is outside of them.
  document.getElementById("add-to-basket")?.addEventListener("submit", (event) => {
    const element = (event as SubmitEvent).submitter?.closest<HTMLElement>(".c-stepper");
    if (element) onSubmit(element, event as SubmitEvent);
  });
  for (const { gtin, quantity } of unsent()) showAll(gtin, quantity);
}

/* actions */

function onSubmit(element: HTMLElement, event: SubmitEvent): void {
  event.preventDefault();
  const move = Number((event.submitter as HTMLElement | null)?.dataset.move ?? 0);
  if (move) change(element, moved(quantityOf(element), move, boundsOf(element)), move);
  else changeTyped(element);
}

/** A number typed and left counts as set; nothing is lost for not pressing Enter. */
function onLeave(element: HTMLElement, event: FocusEvent): void {
  if (event.target instanceof HTMLInputElement && event.target.type !== "hidden") changeTyped(element);
}

function changeTyped(element: HTMLElement): void {
  const input = inputOf(element);
  if (!input) return;
  const wanted = typed(input.value, boundsOf(element));
  if (wanted === null) input.value = String(quantityOf(element));
  else if (wanted !== quantityOf(element)) change(element, wanted, 0);
}

function change(element: HTMLElement, quantity: number, move: number): void {
  const { gtin = "" } = element.dataset;
  const before = quantityOf(element);
  if (quantity === before) return;
  const focused = element.contains(document.activeElement);
  showAll(gtin, quantity);
  if (focused) keepFocus(element, move);
  setQuantity(gtin, quantity);
  if (quantity === 0) offerUndo(gtin, element.dataset.name ?? "", before);
}

function offerUndo(gtin: string, name: string, before: number): void {
  toast(`${name} — ${word("removed")}`, {
    label: word("undo"),
    run: () => {
      showAll(gtin, before);
      setQuantity(gtin, before);
      document.querySelector<HTMLElement>(`${selector(gtin)} button`)?.focus();
    },
  });
}

function onAnswer(event: BasketEvent): void {
  if (event.kind === "saved") {
    showAll(event.gtin, event.answer.quantity);
    showTotals(event.gtin, event.answer);
    announce(event.answer.basket.message);
  } else if (event.kind === "refused") {
    if (event.quantity !== null) showAll(event.gtin, event.quantity);
    toast(event.text || word("refused"));
  } else if (event.count && !navigator.onLine) {
    announce(word("offline_kept"));
  }
}

/* private */

function showAll(gtin: string, quantity: number): void {
  for (const one of document.querySelectorAll<HTMLElement>(selector(gtin))) show(one, quantity);
}

function show(element: HTMLElement, quantity: number): void {
  if (quantityOf(element) === quantity) return;
  element.dataset.quantity = String(quantity);
  const filled = quantity > 0;
  if (filled !== element.classList.contains("c-stepper--filled")) rebuild(element, filled);
  element.closest(".c-card")?.classList.toggle("c-card--in-basket", filled);
  if (filled) refresh(element, quantity);
}

function rebuild(element: HTMLElement, filled: boolean): void {
  const template = document.getElementById(filled ? "stepper-filled" : "stepper-empty");
  const source = template instanceof HTMLTemplateElement ? template.content.querySelector(".c-stepper") : null;
  if (!source) return;
  const { gtin = "", name = "", byWeight } = element.dataset;
  element.replaceChildren(...[...source.cloneNode(true).childNodes]);
  element.classList.toggle("c-stepper--filled", filled);
  for (const form of element.querySelectorAll("form")) form.action = `/panier/lignes/${gtin}`;
  for (const field of element.querySelectorAll<HTMLInputElement>('[name="return_to"]')) {
    field.value = `${location.pathname}${location.search}#p-${gtin}`;
  }
  const hidden = element.querySelector(".u-hidden");
  if (hidden) hidden.textContent = ` ${name}`;
  const add = element.querySelector<HTMLButtonElement>(".c-stepper__add");
  if (add) add.value = String(boundsOf(element).step);
  if (byWeight !== undefined && filled) inputOf(element)?.after(unit());
}

function refresh(element: HTMLElement, quantity: number): void {
  const bounds = boundsOf(element);
  const input = inputOf(element);
  if (input) input.value = String(quantity);
  const down = element.querySelector<HTMLButtonElement>('[data-move="-1"]');
  const up = element.querySelector<HTMLButtonElement>('[data-move="1"]');
  if (down) {
    down.value = String(moved(quantity, -1, bounds));
    down.querySelector("svg")?.replaceWith(icon(quantity <= bounds.step ? 1 : 0));
  }
  if (up) {
    up.value = String(moved(quantity, 1, bounds));
    // aria-disabled, not disabled: a disabled button drops the focus that is on it.
    up.toggleAttribute("disabled", quantity >= bounds.max && up !== document.activeElement);
    up.setAttribute("aria-disabled", String(quantity >= bounds.max));
  }
  element.classList.remove("c-stepper--bump");
  requestAnimationFrame(() => element.classList.add("c-stepper--bump"));
}

/** Focus goes to the same button; to "Ajouter" when the line went; to "+" when it came. */
function keepFocus(element: HTMLElement, move: number): void {
  if (element.contains(document.activeElement) && document.activeElement !== document.body) return;
  const wanted = element.querySelector<HTMLElement>(`[data-move="${move || 1}"]`) ?? element.querySelector<HTMLElement>("button");
  wanted?.focus({ preventScroll: true });
}

function showTotals(gtin: string, { basket, line_total, quantity }: BasketAnswer): void {
  for (const one of document.querySelectorAll("[data-basket-total]")) one.textContent = basket.total;
  for (const one of document.querySelectorAll<HTMLElement>("[data-basket-count]")) {
    one.textContent = String(basket.count);
    if (one.hasAttribute("hidden") || !basket.count) one.hidden = !basket.count;
  }
  const total = document.querySelector(`[data-line="${gtin}"] [data-line-total]`);
  if (total && line_total) total.textContent = line_total;
  document.dispatchEvent(new CustomEvent("cabas:basket", { detail: { gtin, quantity } }));
}

function icon(index: number): Node {
  const template = document.getElementById("stepper-icons") as HTMLTemplateElement | null;
  return template?.content.children[index]?.cloneNode(true) ?? document.createTextNode(index ? "×" : "−");
}

function unit(): HTMLElement {
  const made = document.createElement("span");
  made.className = "c-stepper__unit";
  made.ariaHidden = "true";
  made.textContent = "g";
  return made;
}

function selector(gtin: string): string {
  return `.c-stepper[data-gtin="${CSS.escape(gtin)}"]`;
}

function inputOf(element: HTMLElement): HTMLInputElement | null {
  return element.querySelector<HTMLInputElement>(".c-stepper__input");
}

function quantityOf(element: HTMLElement): number {
  return Number(element.dataset.quantity ?? 0);
}

function boundsOf({ dataset }: HTMLElement): Bounds {
  return { step: Number(dataset.step ?? 1) || 1, max: Number(dataset.max ?? 99) };
}
