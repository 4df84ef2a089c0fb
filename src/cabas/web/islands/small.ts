import { announce } from "./kit/status.ts";
import { word } from "./kit/words.ts";

// Behaviours of a few lines.

/** Copies data-copy: an order code, an address. */
export function copyCode(button: HTMLElement): void {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    void navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => announce(word("copied"), { now: true }));
  });
}

/** Prints the page. */
export function print(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

/** Takes the focus when the page opens: the summary of a refused form. */
export function focusMe(element: HTMLElement): void {
  element.focus();
}

/** Sends the form as soon as one of its fields changes (sort order, store of a table). */
export function sendOnChange(form: HTMLElement): void {
  if (form instanceof HTMLFormElement) form.addEventListener("change", () => form.requestSubmit());
}
