// The device's own copy of pages, for a reload without network (worker/store-sw.ts).

const SCOPE = "/preparation";
const SWITCH = "/static/sw-off.json";

export function registerStoreWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  addEventListener("load", () => void obey().catch(() => undefined));
}

/** Asks the worker to keep an order as the server now has it. */
export function keepOrder(): void {
  void navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage({ keep: location.pathname }));
}

async function obey(): Promise<void> {
  const answer = await fetch(SWITCH, { cache: "no-store" });
  const off = answer.ok && ((await answer.json()) as { off?: boolean }).off === true;
  if (!off) return void (await navigator.serviceWorker.register("/preparation/sw.js", { scope: SCOPE }));
  const registered = await navigator.serviceWorker.getRegistration(SCOPE);
  await registered?.unregister();
}
