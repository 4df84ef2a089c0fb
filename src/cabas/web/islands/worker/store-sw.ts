// The picking app without network: the orders in hand and the board open again after a reload or an empty battery.
// What is kept is forgotten when the device is locked. Obeys the same switch as the shop's worker.

declare const __ASSETS__: string[];
declare const __VERSION__: string;
const worker = self as unknown as ServiceWorkerGlobalScope;

const ASSETS = `store-assets-${__VERSION__}`;
const PICTURES = "store-pictures";
const PAGES = "store-pages";
const MINE = [ASSETS, PICTURES, PAGES];
const BOARD = "/preparation";
const ORDER = /^\/preparation\/commandes\/[0-9a-f-]{36}$/;
const SWITCH = "/static/sw-off.json";
const NETWORK_MS = 3000;
const PAGES_MAX = 12;

worker.addEventListener("install", (event) => event.waitUntil(install()));
worker.addEventListener("activate", (event) => event.waitUntil(activate()));
worker.addEventListener("message", (event) => {
  const { keep } = (event.data ?? {}) as { keep?: string };
  const url = keep ? new URL(keep, worker.location.origin) : null;
  if (url?.origin === worker.location.origin && ORDER.test(url.pathname)) event.waitUntil(keepOrder(url.pathname));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== worker.location.origin) return;
  if (request.method === "POST" && pathname === "/preparation/verrouillage") return event.waitUntil(caches.delete(PAGES));
  if (request.method !== "GET") return;
  if (pathname.startsWith("/static/built/pictures/")) return event.respondWith(cacheFirst(request, PICTURES));
  if (/^\/static\/built\/.+-[A-Za-z0-9]{8}\.(css|js|woff2)$/.test(pathname)) return event.respondWith(cacheFirst(request, ASSETS));
  if (request.mode === "navigate" && (pathname === BOARD || ORDER.test(pathname))) event.respondWith(page(event, pathname));
});

async function install(): Promise<void> {
  if (await switchedOff()) throw new Error("switched off");
  const cache = await caches.open(ASSETS);
  await Promise.allSettled(__ASSETS__.map((address) => cache.add(address)));
  await worker.skipWaiting();
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("store-") && !MINE.includes(name)).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** The network, unless it fails or dawdles and the page is known: then what was kept. */
async function page(event: FetchEvent, path: string): Promise<Response> {
  const cache = await caches.open(PAGES);
  const kept = await cache.match(path);
  const network = fetch(event.request).then((answer) => {
    // A redirect means the PIN page: nothing of the former person's stays.
    if (path === BOARD && answer.ok && !answer.redirected) event.waitUntil(cache.put(path, answer.clone()));
    return answer;
  });
  if (!kept) return network;
  event.waitUntil(network.catch(() => undefined));
  return Promise.race([network.catch(() => kept), after(NETWORK_MS).then(() => kept)]);
}

/** The whole order, every line of it, under its plain address. */
async function keepOrder(path: string): Promise<void> {
  const answer = await fetch(`${path}?tout=1`, { headers: { Accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const cache = await caches.open(PAGES);
  await cache.delete(path);
  await cache.put(path, answer);
  const orders = (await cache.keys()).filter(({ url }) => new URL(url).pathname !== BOARD);
  await Promise.all(orders.slice(0, Math.max(0, orders.length - PAGES_MAX)).map((key) => cache.delete(key)));
}

async function cacheFirst(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(name);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

async function switchedOff(): Promise<boolean> {
  try {
    const answer = await fetch(SWITCH, { cache: "no-store" });
    return answer.ok && ((await answer.json()) as { off?: boolean }).off === true;
  } catch {
    return false;
  }
}

function after(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
