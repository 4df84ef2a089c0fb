import { onBasket } from "./kit/basket.ts";
import { toast } from "./kit/toast.ts";
import { word } from "./kit/words.ts";

// The banner that says the network is gone and the basket is kept, with how many changes wait.

export function connection(banner: HTMLElement): void {
  const waiting = banner.querySelector<HTMLElement>("[data-waiting]");
  const show = () => {
    banner.hidden = navigator.onLine;
  };
  addEventListener("offline", show);
  addEventListener("online", () => {
    if (!banner.hidden) toast(word("synced"));
    show();
  });
  onBasket((event) => {
    if (event.kind !== "waiting" || !waiting) return;
    waiting.hidden = !event.count;
    waiting.textContent = `${word("waiting")} ${event.count}`;
  });
  show();
}
