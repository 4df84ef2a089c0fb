import { attemptFor, formPrint, type Attempt } from "./logic/attempt.ts";

// One submission at a time; and where the form has an idempotency_key, one key for one intention, kept on the device
// before the form leaves, so that sending it again after a lost answer is the same order.

export function submitOnce(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    keepKey(form);
    // Not `disabled`: the pressed button's own value must still travel.
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // Back to this page by the browser's cache: the form can go again.
  addEventListener("pageshow", () => {
    delete form.dataset.sent;
    for (const one of form.querySelectorAll("[aria-busy]")) one.removeAttribute("aria-busy");
  });
}

/** Gives the form the key of the first time, when it is the same intention again. */
export function keepKey(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>('input[name="idempotency_key"]');
  if (!field) return;
  const place = `cabas.attempt:${new URL(form.action).pathname}`;
  const entries = [...new FormData(form)].map(([name, value]) => [name, String(value)] as const);
  const attempt = attemptFor(field.value, formPrint(entries), read(place), Date.now());
  field.value = attempt.key;
  try {
    localStorage.setItem(place, JSON.stringify(attempt));
  } catch {
    // Without storage the page's own key still covers a double click and a reload of the answer.
  }
}

function read(place: string): Attempt | null {
  try {
    const stored = JSON.parse(localStorage.getItem(place) ?? "null") as Attempt | null;
    return stored && typeof stored.key === "string" && typeof stored.print === "string" ? stored : null;
  } catch {
    return null;
  }
}
