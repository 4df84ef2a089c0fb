import { localPath, noteOf } from "./notes.ts";
import { mayKeep, wayOf } from "./strategy.ts";

// The shop without network: assets for ever, pictures up to a number, pages by the network first, orders on purpose.
// Switch-off: publish {"off": true} at /static/sw-off.json; within ten minutes of use every worker forgets all it kept
// and leaves, and none installs while the file says so.

declare const __ASSETS__: string[];
declare const __VERSION__: string;
const worker = self as unknown as ServiceWorkerGlobalScope;

const ASSETS = `assets-${__VERSION__}`;
const PICTURES = "pictures-1";
const PAGES = "pages-1";
const ORDERS = "orders-1";
const KEPT = [ASSETS, PICTURES, PAGES, ORDERS];
const OFFLINE = "/hors-ligne";
const SWITCH = "/static/sw-off.json";
const ICON = "/static/icons/icon-192.png";
const NETWORK_MS = 2500;
const SWITCH_EVERY_MS = 600_000;
const LIMITS: Record<string, number> = { [PICTURES]: 300, [PAGES]: 60, [ORDERS]: 20 };
let switchReadAt = 0;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  const { keep } = (event.data ?? {}) as { keep?: string };
  if (keep && new URL(keep).origin === worker.location.origin) event.waitUntil(keepOrder(keep));
});
worker.addEventListener("push", (event) => event.waitUntil(showNote(event.data?.text() ?? "")));
worker.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openPage(localPath(String(event.notification.data ?? ""))));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin) return;
  if (request.method === "POST" && url.pathname === "/compte/deconnexion") event.waitUntil(leave());
  const navigation = request.mode === "navigate";
  if (navigation) event.waitUntil(obeySwitch());
  switch (wayOf({ method: request.method, path: url.pathname, navigation })) {
    case "asset":
      return event.respondWith(cacheFirst(request, ASSETS));
    case "picture":
      return event.respondWith(cacheFirst(request, PICTURES));
    case "order":
      return event.respondWith(networkFirst(event, ORDERS));
    case "page":
      return event.respondWith(networkFirst(event, PAGES));
    case "network":
      if (navigation && request.method === "GET") event.respondWith(networkOrOffline(event));
  }
});

async function install(): Promise<void> {
  if (await switchedOff()) throw new Error("switched off");
  const cache = await caches.open(ASSETS);
  // One missing file must not keep the others away.
  await Promise.allSettled([...__ASSETS__, OFFLINE].map((address) => cache.add(address)));
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await forget(names.filter((name) => !KEPT.includes(name) && !name.startsWith("store-")));
  await worker.registration.navigationPreload?.enable();
  await worker.clients.claim();
}

async function cacheFirst(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await put(cache, name, request, answer);
  return answer;
}

async function networkFirst(event: FetchEvent, name: string): Promise<Response> {
  const cache = await caches.open(name);
  const network = fromNetwork(event).then((answer) => {
    if (mayKeep(answer) || (name === ORDERS && answer.ok && !answer.redirected)) {
      event.waitUntil(put(cache, name, event.request, answer));
    }
    return answer;
  });
  const kept = await cache.match(event.request);
  if (!kept) return network.catch(() => offlinePage());
  event.waitUntil(network.catch(() => undefined));
  return Promise.race([network.catch(() => kept), after(NETWORK_MS).then(() => kept)]);
}

async function networkOrOffline(event: FetchEvent): Promise<Response> {
  return fromNetwork(event).catch(() => offlinePage());
}

async function fromNetwork(event: FetchEvent): Promise<Response> {
  return ((await event.preloadResponse) as Response | undefined) ?? fetch(event.request);
}

async function offlinePage(): Promise<Response> {
  return (await caches.match(OFFLINE)) ?? new Response("Hors ligne", { status: 503 });
}

async function put(cache: Cache, name: string, request: Request | string, answer: Response): Promise<void> {
  await cache.put(request, answer.clone());
  const limit = LIMITS[name];
  if (!limit) return;
  const keys = await cache.keys();
  await Promise.all(keys.slice(0, Math.max(0, keys.length - limit)).map((key) => cache.delete(key)));
}

async function keepOrder(address: string): Promise<void> {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (answer.ok && !answer.redirected) await put(await caches.open(ORDERS), ORDERS, address, answer);
}

/** The tag makes of a message that comes twice one notification. */
async function showNote(text: string): Promise<void> {
  const { title, body, tag, path } = noteOf(text, "Cabas");
  await worker.registration.showNotification(title, { body, tag, data: path, icon: ICON, badge: ICON });
}

/** Where it is open already, else in a new window. */
async function openPage(path: string): Promise<void> {
  const address = new URL(path, worker.location.origin).href;
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((one) => one.url.split("#")[0] === address);
  if (there) await there.focus();
  else await worker.clients.openWindow(address);
}

async function switchedOff(): Promise<boolean> {
  try {
    const answer = await fetch(SWITCH, { cache: "no-store" });
    return answer.ok && ((await answer.json()) as { off?: boolean }).off === true;
  } catch {
    return false;
  }
}

async function obeySwitch(): Promise<void> {
  if (Date.now() - switchReadAt < SWITCH_EVERY_MS) return;
  switchReadAt = Date.now();
  if (!(await switchedOff())) return;
  await forget(await caches.keys());
  await worker.registration.unregister();
}

/** Nothing of a person stays in a browser they sign out of, nor is it told any more: the server learns at its next try. */
async function leave(): Promise<void> {
  await forget([PAGES, ORDERS]);
  await (await worker.registration.pushManager?.getSubscription())?.unsubscribe();
}

async function forget(names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => caches.delete(name)));
}

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
