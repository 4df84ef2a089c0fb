import {
  answered,
  forget,
  keep,
  keptOrder,
  onForgotten,
  sendOrder,
  whereabouts,
  type Answer,
} from "./kit/kept-order.ts";
import { connect } from "./kit/island.ts";
import { announce } from "./kit/status.ts";
import type { KeptOrder } from "./logic/kept.ts";
import { retryDelayMs } from "./logic/outbox.ts";
import { keepKey } from "./submit-once.ts";

// An order that reaches no server stays on the device and goes again by itself, with the same key, after a reload too.
// Until the key reads order or absence it is "waiting", never "failed".

const LOCK = "cabas.order";
let timer: ReturnType<typeof setTimeout> | undefined;
let now: (() => void) | undefined;

/* lifecycle */

export function keepOrder(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("submit", (event) => {
    // Its other buttons (another slot, keep my wishes) go as any form does.
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    keepKey(form);
    const order = keep(form);
    if (!order) return form.submit();
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
    void settle(order, form);
  });
  // Back to this page by the browser's cache: the form can go again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    delete form.dataset.sent;
    for (const one of form.querySelectorAll("[aria-busy]")) one.removeAttribute("aria-busy");
  });
}

/** Once a page: an order that a former page left waiting goes on. */
export function watchKeptOrder(): void {
  onForgotten(() => panel()?.remove());
  const order = keptOrder();
  if (!order) return;
  show(order);
  void settle(order, null);
}

/* private */

/** One page at a time sends what was left waiting; a form that was just pressed waits for nobody. */
async function settle(order: KeptOrder, form: HTMLFormElement | null): Promise<void> {
  if (!("locks" in navigator)) return untilSettled(order, form);
  await navigator.locks.request(LOCK, { ifAvailable: form !== null }, async () => {
    if (keptOrder()?.key === order.key) await untilSettled(order, form);
    else panel()?.remove();
  });
}

async function untilSettled(order: KeptOrder, form: HTMLFormElement | null): Promise<void> {
  let answer = form ? await sendOrder(order) : null;
  for (let tries = 0; !answer || answer.meaning === "later"; tries += 1) {
    show(order);
    if (answer) await pause(Math.max(retryDelayMs(tries), answer.waitMs * (0.75 + Math.random() / 2)));
    if (keptOrder()?.key !== order.key) return;
    answer = await askedThenSent(order);
  }
  panel()?.remove();
  if (answer.afterMs) await celebrate(answer);
  forget();
  if (answer.to) return location.assign(answer.to);
  refuse(answer, order, form);
}

async function askedThenSent(order: KeptOrder): Promise<Answer> {
  const where = await whereabouts(order);
  if (where === null) return answered("later");
  return where ? answered("placed", where) : sendOrder(order);
}

/** It is ordered: said at once with its code, while those who still wait go before its page. */
async function celebrate(answer: Answer): Promise<void> {
  const made = fromTemplate("kept-order-placed");
  const main = document.querySelector("main");
  if (!made || !main) return;
  const code = made.querySelector<HTMLElement>("[data-code]");
  if (code) code.textContent = answer.code;
  const link = made.querySelector("a");
  if (link) {
    link.href = answer.to;
    link.addEventListener("click", () => forget());
  }
  main.replaceChildren(made);
  made.focus({ preventScroll: false });
  announce(made.querySelector("[role=heading]")?.textContent ?? "", { now: true });
  await pause(answer.afterMs);
}

/** The page that says why, in place of the one shown; elsewhere, a word and the way to it. */
function refuse(answer: Answer, order: KeptOrder, form: HTMLFormElement | null): void {
  const fresh = answer.page?.querySelector("main");
  const main = document.querySelector("main");
  if (!form || !fresh || !main) return needsYou(order);
  main.replaceWith(document.adoptNode(fresh));
  document.title = answer.page?.title ?? document.title;
  connect(fresh);
}

function show(order: KeptOrder): void {
  if (panel()) return;
  const made = fromTemplate("kept-order");
  if (!made) return;
  const said = made.querySelector<HTMLElement>("[data-said]");
  if (said) said.textContent = order.said;
  made.querySelector("[data-again]")?.addEventListener("click", () => now?.());
  made.querySelector("[data-give-up]")?.addEventListener("click", () => {
    forget();
    made.remove();
    location.reload();
  });
  document.querySelector("main")?.prepend(made);
  made.focus({ preventScroll: false });
  announce(made.querySelector("h2")?.textContent ?? "", { now: true });
}

function needsYou(order: KeptOrder): void {
  const made = fromTemplate("kept-order-refused");
  if (!made) return;
  const link = made.querySelector("a");
  if (link) link.href = order.action.startsWith("/minuit") ? "/minuit" : "/commande";
  document.querySelector("main")?.prepend(made);
  announce(made.textContent ?? "", { now: true });
}

function fromTemplate(id: string): HTMLElement | null {
  const template = document.getElementById(id);
  const made = template instanceof HTMLTemplateElement ? template.content.firstElementChild?.cloneNode(true) : null;
  return made instanceof HTMLElement ? made : null;
}

function panel(): HTMLElement | null {
  return document.querySelector<HTMLElement>("main [data-kept-order]");
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    const go = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      now = undefined;
      done();
    };
    now = go;
    addEventListener("online", go);
    timer = setTimeout(go, ms);
  });
}
