// Which way each request goes. Pure, so that it is tested without a browser.

export type Way = "asset" | "picture" | "order" | "page" | "network";

// Personal, paid or staff pages are never kept; orders are, on purpose: their QR code must open without network.
const NEVER = /^\/(compte|commande$|commande\/|commandes\/[^/]+\/|paiement|livraison|creneaux|preferences|console|preparation|api|mur|healthz|readyz|metrics)/;

export interface Asked {
  method: string;
  path: string;
  navigation: boolean;
}

export function wayOf({ method, path, navigation }: Asked): Way {
  if (method !== "GET") return "network";
  if (path.startsWith("/static/built/pictures/")) return "picture";
  if (/^\/static\/built\/.+-[A-Za-z0-9]{8}\.(css|js|woff2)$/.test(path)) return "asset";
  if (!navigation) return "network";
  if (/^\/commandes\/[^/]+$/.test(path)) return "order";
  return NEVER.test(path) ? "network" : "page";
}

/** A page that may be kept: whole, ours, not the answer to a redirect, and not forbidden by the server. */
export function mayKeep(answer: { ok: boolean; redirected: boolean; type: string; headers: Headers }): boolean {
  const control = answer.headers.get("Cache-Control") ?? "";
  return answer.ok && !answer.redirected && answer.type === "basic" && !control.includes("no-store");
}
