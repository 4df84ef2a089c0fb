import { announce } from "./kit/status.ts";
import { moved, settled } from "./logic/opening.ts";

// The ranked slots: moved by buttons, kept in the page's address, and what the order comes to at most said at once.

/* lifecycle */

export function midnightWishes(form: HTMLElement): void {
  const plain = form.querySelector<HTMLElement>("[data-plain]");
  if (plain) plain.hidden = true;
  for (const button of form.querySelectorAll<HTMLButtonElement>("[data-move]")) {
    button.hidden = false;
    button.addEventListener("click", () => move(form, button));
  }
  form.addEventListener("change", (event) => {
    const index = selects(form).indexOf(event.target as HTMLSelectElement);
    if (index >= 0) put(form, settled(values(form), index));
    refresh(form);
  });
  form.addEventListener("input", () => tick("contact", contactReady(form)));
  refresh(form);
}

/* actions */

function move(form: HTMLElement, button: HTMLButtonElement): void {
  const step = Number(button.dataset.move);
  const rows = [...form.querySelectorAll(".c-wishes__row")];
  const index = rows.indexOf(button.closest(".c-wishes__row")!);
  put(form, moved(values(form), index, step));
  refresh(form);
  const target = rows[index + step];
  const again = target?.querySelector<HTMLButtonElement>(`[data-move="${step}"]:not(:disabled)`);
  (again ?? target?.querySelector<HTMLElement>("[data-move]:not(:disabled)"))?.focus();
  const chosen = selects(form)[index + step]?.selectedOptions[0]?.textContent ?? "";
  announce(`${index + step + 1} : ${chosen}`, { now: true });
}

/* private */

function refresh(form: HTMLElement): void {
  const chosen = values(form).filter(Boolean);
  const address = new URL(location.href);
  if (chosen.length) address.searchParams.set("voeux", chosen.join(","));
  else address.searchParams.delete("voeux");
  history.replaceState(history.state, "", address.href.replaceAll("%2C", ","));
  tick("wishes", chosen.length > 0);
  tick("contact", contactReady(form));
  showMaximum(form, chosen);
}

function showMaximum(form: HTMLElement, chosen: readonly string[]): void {
  const shown = form.querySelector("[data-maximum-shown]");
  const options = [...(selects(form)[0]?.options ?? [])].filter(({ value }) => value);
  const anyOf = form.querySelector<HTMLInputElement>('[name="any_slot"]')?.checked || !chosen.length;
  const possible = options.filter(({ value }) => anyOf || chosen.includes(value));
  const dearest = possible.sort((one, other) => Number(other.dataset.fee) - Number(one.dataset.fee))[0];
  if (shown && dearest?.dataset.maximum) shown.textContent = dearest.dataset.maximum;
}

function contactReady(form: HTMLElement): boolean {
  const fields = [...form.querySelectorAll<HTMLInputElement>("input[required]:not([type=hidden], [type=checkbox])")];
  return fields.every((field) => field.value.trim() !== "" && field.validity.valid);
}

function tick(step: string, done: boolean): void {
  document.querySelector(`[data-step="${step}"]`)?.classList.toggle("is-done", done);
}

function selects(form: HTMLElement): HTMLSelectElement[] {
  return [...form.querySelectorAll<HTMLSelectElement>("#midnight-wishes select")];
}

function values(form: HTMLElement): string[] {
  return selects(form).map(({ value }) => value);
}

function put(form: HTMLElement, next: readonly string[]): void {
  selects(form).forEach((select, index) => (select.value = next[index] ?? ""));
}
