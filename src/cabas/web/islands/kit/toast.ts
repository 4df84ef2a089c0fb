import { word } from "./words.ts";

// A message at the foot of the page, with at most one action. It stays while it is pointed at or focused.

export interface ToastAction {
  label: string;
  run: () => void;
}

const TOAST_MS = 8000;
const TOASTS_MAX = 2;

export function toast(text: string, action?: ToastAction): void {
  const region = document.querySelector<HTMLElement>("[data-toasts]");
  if (!region || !text) return;
  while (region.children.length >= TOASTS_MAX) region.firstElementChild?.remove();
  const box = document.createElement("div");
  box.className = "c-toast";
  // Spoken at once: the action only lives a few seconds.
  box.setAttribute("role", "status");
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words, button(action?.label ?? word("close"), () => {
    box.remove();
    action?.run();
  }));
  region.append(box);
  expire(box);
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "c-toast__action";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

function expire(box: HTMLElement): void {
  let timer = setTimeout(() => box.remove(), TOAST_MS);
  const hold = () => clearTimeout(timer);
  const release = () => {
    clearTimeout(timer);
    timer = setTimeout(() => box.remove(), TOAST_MS / 2);
  };
  box.addEventListener("pointerenter", hold);
  box.addEventListener("focusin", hold);
  box.addEventListener("pointerleave", release);
  box.addEventListener("focusout", release);
}
