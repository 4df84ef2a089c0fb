// The waiting room's page. It reads one small file, the same for everybody, and goes in when it is its turn.
// Nothing moves the focus; the live region speaks once a minute, when something changes, or when asked.
import {
  ageMs,
  drawnShare,
  estimate,
  isCalled,
  isStale,
  pollMs,
  type Rank,
  readLine,
  retryMs,
  type Serving,
} from "./logic/waiting.ts";

const SAY_EVERY_MS = 60_000;
const TRIES = "cabas-room-tries";
const main = document.querySelector<HTMLElement>("[data-room]")!;
const part = (name: string) => main.querySelector<HTMLElement>(`[data-${name}]`)!;
const words = main.dataset;
const entrance = part("enter").getAttribute("href")!;
const plainTitle = document.title;

let kind = "";
let saidAt = 0;
let lastSign = "";
let changedAt = performance.now();
let share: number | null = null;

part("read").hidden = false;
part("enter").hidden = true;
part("read").addEventListener("click", () => speak());
void look();

async function look(): Promise<void> {
  let wait = 8000 + Math.random() * 8000;
  try {
    const answer = await fetch("/salle/serving.json", { cache: "no-store", signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(String(answer.status));
    wait = await follow((await answer.json()) as Serving, ageMs(answer.headers));
  } catch {
    show("away", words.away ?? "");
    part("enter").hidden = false;
  }
  setTimeout(look, wait);
}

/** What the file says; answers how long to wait before reading it again. */
async function follow(serving: Serving, age: number): Promise<number> {
  const line = readLine(document.cookie);
  const sign = serving.ticked ?? serving.now;
  if (sign !== lastSign) [lastSign, changedAt] = [sign, performance.now()];
  if (isStale(serving, performance.now() - changedAt, age)) return away();
  tellStock(serving, line?.store ?? 0);
  if (!serving.on || !line || line.event !== serving.event) return goIn(3000);
  const untilDraw = Date.parse(serving.opens_at ?? serving.now) - Date.parse(serving.now);
  if (untilDraw > 0) {
    const time = new Date(serving.opens_at!).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short", timeZone: "Europe/Paris" });
    sessionStorage.removeItem(TRIES);
    show("before", (words.before ?? "").replace("{time}", time));
    return Math.min(10_000 + Math.random() * 10_000, untilDraw + 1000 + Math.random() * 7000);
  }
  share ??= line.share;
  if (share === null) {
    if (!serving.secret) return 3000;
    if (!crypto.subtle) return goIn(8000);
    share = await drawnShare(serving.secret, line.event, line.who);
  }
  const rank: Rank = [line.bucket, share];
  if (isCalled(rank, serving.threshold ?? [0, 0])) return goIn(1000);
  return tell(serving, rank);
}

function tell(serving: Serving, rank: Rank): number {
  sessionStorage.removeItem(TRIES);
  const { ahead, low, high } = estimate(serving, rank);
  const n = ahead.toLocaleString(document.documentElement.lang);
  const range = high === null ? "" : high <= 1 ? words.soon : low ? words.range : words.under;
  document.title = `${(words.title ?? "").replace("{n}", `${ahead > 10 ? "" : "< "}${n}`)} — Cabas`;
  show("waiting", `${(ahead > 10 ? words.ahead : words.few)?.replace("{n}", n)} ${(range ?? "").replace("{low}", String(low)).replace("{high}", String(high))}`);
  return pollMs(serving, ahead);
}

/** The controller is silent: the site itself decides who comes in, if it is there. */
function away(): number {
  part("enter").hidden = false;
  return goIn(20_000, 5000);
}

/** A door that leads back here is tried less and less often: a dead site isn't hammered by those who wait. */
function goIn(jitterMs: number, leastMs = 0): number {
  const tries = Number(sessionStorage.getItem(TRIES) ?? 0);
  sessionStorage.setItem(TRIES, String(tries + 1));
  if (leastMs === 0 && tries < 2) show("open", words.open ?? "");
  else show("away", words.away ?? "");
  const wait = leastMs + Math.random() * jitterMs + retryMs(tries);
  setTimeout(() => location.assign(entrance), wait);
  return wait + 60_000;
}

function show(next: string, text: string): void {
  part("status").textContent = text;
  if (next !== "waiting") document.title = plainTitle;
  const changed = next !== kind;
  kind = next;
  if (changed || performance.now() - saidAt > SAY_EVERY_MS) speak();
}

function speak(): void {
  saidAt = performance.now();
  part("said").textContent = "";
  setTimeout(() => (part("said").textContent = part("status").textContent), 100);
}

function tellStock(serving: Serving, store: number): void {
  const nothing = serving.stock?.nothing.includes(store) ?? false;
  part("gone").hidden = !nothing && !serving.stock?.none.includes(store);
  part("gone-day").hidden = nothing;
  part("gone-all").hidden = !nothing;
}
