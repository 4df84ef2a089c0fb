// Right or wrong, over the whole screen: colour, sign, word, tone and a buzz, well within 150 ms of the scan.

const RIGHT_MS = 650;
let context: AudioContext | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

const SIGNS = {
  ok: "m4.5 12.5 5 5 10-11",
  ko: "M12 3.8 21.5 20h-19ZM12 10v4.5M12 17.3v.1",
} as const;

export function showVerdict(kind: "ok" | "ko", text: string): void {
  const element = panel();
  clearTimeout(timer);
  element.className = `c-verdict c-verdict--${kind}`;
  element.querySelector("path")?.setAttribute("d", SIGNS[kind]);
  const words = element.querySelector("span");
  if (words) words.textContent = text;
  element.hidden = false;
  navigator.vibrate?.(kind === "ok" ? 40 : [80, 60, 80]);
  tone(kind);
  if (kind === "ok") timer = setTimeout(() => (element.hidden = true), RIGHT_MS);
  else element.focus();
}

export function hideVerdict(): void {
  clearTimeout(timer);
  panel().hidden = true;
}

function panel(): HTMLButtonElement {
  const there = document.getElementById("verdict");
  if (there instanceof HTMLButtonElement) return there;
  const made = document.createElement("button");
  made.id = "verdict";
  made.type = "button";
  made.hidden = true;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "c-icon");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  made.append(svg, words);
  made.addEventListener("click", () => {
    made.hidden = true;
    document.querySelector<HTMLElement>(".c-pick:not([hidden]) h2, #main")?.focus({ preventScroll: true });
  });
  document.body.append(made);
  return made;
}

function tone(kind: "ok" | "ko"): void {
  try {
    context ??= new AudioContext();
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.frequency.value = kind === "ok" ? 1320 : 220;
    gain.gain.setValueAtTime(0.12, context.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + (kind === "ok" ? 0.12 : 0.35));
    oscillator.connect(gain).connect(context.destination);
    oscillator.start();
    oscillator.stop(context.currentTime + 0.4);
  } catch {
    // A browser may refuse sound before the first tap; colour and buzz remain.
  }
}
