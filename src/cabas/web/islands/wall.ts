import { fetchDocument } from "./kit/swap.ts";
import { tileAge, wallPollMs } from "./logic/wall.ts";

// The wall takes its tiles again each second. Every tile says how old it is, and is greyed out when that is too old:
// a number that stands still must not look like one that is well.

const CLOCK_MS = 1000;

export function wall(element: HTMLElement): void {
  const { url } = element.dataset;
  const lost = document.querySelector<HTMLElement>("[data-lost]");
  if (!url) return;
  let takenAt = performance.now();
  let failures = 0;
  const tick = () => {
    for (const tile of element.querySelectorAll<HTMLElement>("[data-tile]")) {
      const { seconds, stale } = tileAge(tile.dataset, performance.now() - takenAt);
      const shown = tile.querySelector("[data-seconds]");
      if (shown) shown.textContent = String(seconds);
      tile.classList.toggle("is-stale", stale);
    }
  };
  const take = async () => {
    try {
      const answer = await fetchDocument(url, AbortSignal.timeout(5000));
      if (!answer.querySelector("[data-tile]")) throw new Error("no tiles: the session may be over");
      element.replaceChildren(...answer.body.childNodes);
      [takenAt, failures] = [performance.now(), 0];
    } catch {
      failures += 1;
    }
    if (lost) lost.hidden = failures < 3;
    tick();
    setTimeout(take, wallPollMs(failures));
  };
  setInterval(tick, CLOCK_MS);
  setTimeout(take, wallPollMs(0));
}
