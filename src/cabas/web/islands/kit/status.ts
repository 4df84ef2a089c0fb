// The page's only polite region. Quick successions are said once, when they settle.

const SETTLE_MS = 700;
const CLEAR_MS = 4000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string, { now = false } = {}): void {
  const region = document.querySelector<HTMLElement>("[data-status]");
  if (!region || !text) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    region.textContent = text;
    timer = setTimeout(() => (region.textContent = ""), CLEAR_MS);
  }, now ? 50 : SETTLE_MS);
}
