import { postJson } from "./kit/csrf.ts";
import { toBytes } from "./logic/passkey.ts";

// "M'avertir" on an order's page: asks the browser for leave, at the touch of a button and never by itself,
// then tells the server where to push. Hidden where notifications can't be had.

export function notifyMe(panel: HTMLElement): void {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return;
  const start = panel.querySelector<HTMLButtonElement>("[data-start]");
  const stop = panel.querySelector<HTMLButtonElement>("[data-stop]");
  if (!start || !stop) return;
  const say = (words = "") => {
    const told = panel.querySelector<HTMLElement>("[data-told]");
    if (told) told.textContent = words;
  };
  const show = (on: boolean) => {
    const focused = panel.contains(document.activeElement);
    start.hidden = on;
    stop.hidden = !on;
    if (focused) (on ? stop : start).focus();
  };
  const attempt = (button: HTMLButtonElement, act: () => Promise<void>) => {
    button.addEventListener("click", () => {
      button.setAttribute("aria-busy", "true");
      void act()
        .catch(() => say(panel.dataset.failed))
        .finally(() => button.removeAttribute("aria-busy"));
    });
  };
  attempt(start, async () => {
    if ((await Notification.requestPermission()) !== "granted") return say(panel.dataset.refused);
    await subscribe(panel.dataset);
    show(true);
    say(panel.dataset.on);
  });
  attempt(stop, async () => {
    await unsubscribe(panel.dataset);
    show(false);
    say(panel.dataset.off);
  });
  void navigator.serviceWorker.ready.then(async ({ pushManager }) => {
    const kept = Notification.permission === "granted" ? await pushManager.getSubscription() : null;
    if (kept) say(panel.dataset.on);
    // A browser that is known already is told of this order too: it may be another person's or a new key's.
    if (kept) await postJson(panel.dataset.url ?? "", kept.toJSON()).catch(() => undefined);
    show(kept !== null);
    panel.hidden = false;
  });
}

async function subscribe({ key = "", url = "" }: DOMStringMap): Promise<void> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: toBytes(key) });
  await postJson(url, made.toJSON());
}

async function unsubscribe({ stopUrl = "" }: DOMStringMap): Promise<void> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const kept = await pushManager.getSubscription();
  if (!kept) return;
  await postJson(stopUrl, { endpoint: kept.endpoint });
  await kept.unsubscribe();
}
