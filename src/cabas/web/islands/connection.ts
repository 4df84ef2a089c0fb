import { onBasket } from "./kit/basket.ts";
import { toast } from "./kit/toast.ts";
import { word } from "./kit/words.ts";

// The banner that says the network is gone, or the server answers no change, and the basket is kept; with how many
// changes wait.

export function connection(banner: HTMLElement): void {
  const waiting = banner.querySelector<HTMLElement>("[data-waiting]");
  const words = banner.querySelector<HTMLElement>("[data-why]");
  let held = 0;
  const show = () => {
    banner.hidden = navigator.onLine && !held;
    if (words) words.textContent = word(navigator.onLine ? "held" : "offline");
  };
  addEventListener("offline", show);
  addEventListener("online", () => {
    if (!banner.hidden) toast(word("synced"));
    show();
  });
  onBasket((event) => {
    if (event.kind !== "waiting" || !waiting) return;
    if (held && !event.count && navigator.onLine) toast(word("synced"));
    held = event.count;
    waiting.hidden = !held;
    waiting.textContent = `${word("waiting")} ${held}`;
    show();
  });
  show();
}
