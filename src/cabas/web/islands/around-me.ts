import { announce } from "./kit/status.ts";
import { toast } from "./kit/toast.ts";
import { word } from "./kit/words.ts";

// "Around me": asks for the position when tapped, never before, and only to build the address of the next page.

const TIMEOUT_MS = 10_000;

export function aroundMe(button: HTMLElement): void {
  if (!("geolocation" in navigator)) return;
  button.hidden = false;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    announce(word("searching"), { now: true });
    navigator.geolocation.getCurrentPosition(go, () => refuse(button), { timeout: TIMEOUT_MS, maximumAge: 300_000 });
  });
}

function go({ coords }: GeolocationPosition): void {
  // Three decimals are a hundred metres: enough for a store, too coarse for a home.
  location.assign(`/magasins?lat=${coords.latitude.toFixed(3)}&lon=${coords.longitude.toFixed(3)}`);
}

function refuse(button: HTMLElement): void {
  button.removeAttribute("aria-busy");
  toast(word("no_position"));
}
