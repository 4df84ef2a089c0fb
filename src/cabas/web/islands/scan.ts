import { EMPTY, fed } from "./logic/wedge.ts";

// The scan field: a wedge scanner works wherever the focus is, the camera where the browser can read codes, and typing
// always. Each way ends in the same form.

interface Detector {
  detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}

declare global {
  interface Window {
    BarcodeDetector?: new (options: { formats: string[] }) => Detector;
  }
}

const FORMATS = ["ean_13", "ean_8", "upc_a", "code_128", "qr_code"];
const LOOK_MS = 120;

/* lifecycle */

export function scan(form: HTMLElement): void {
  const input = form.querySelector<HTMLInputElement>(".c-scan__input");
  if (!(form instanceof HTMLFormElement) || !input) return;
  const send = (code: string) => {
    input.value = code;
    form.requestSubmit();
  };
  listen(input, send);
  offerCamera(form, send);
}

/* actions */

function listen(input: HTMLInputElement, send: (code: string) => void): void {
  let burst = EMPTY;
  document.addEventListener("keydown", (event) => {
    // In a field of the page, keys belong to that field.
    if (event.target instanceof HTMLInputElement && event.target !== input) return;
    if (event.target === input || event.ctrlKey || event.metaKey || event.altKey) return;
    const read = fed(burst, event.key, event.timeStamp);
    burst = read.burst;
    if (!read.code) return;
    event.preventDefault();
    send(read.code);
  });
}

export function offerCamera(form: HTMLFormElement, send: (code: string) => void): void {
  const button = form.querySelector<HTMLButtonElement>("[data-camera]");
  if (!button || !window.BarcodeDetector || !navigator.mediaDevices) return;
  button.hidden = false;
  button.addEventListener("click", () => void film(form, send).catch(() => (button.hidden = true)));
}

async function film(form: HTMLFormElement, send: (code: string) => void): Promise<void> {
  if (!window.BarcodeDetector || form.querySelector("video")) return;
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const view = document.createElement("video");
  view.className = "c-scan__view";
  view.muted = view.playsInline = true;
  view.srcObject = stream;
  form.prepend(view);
  await view.play();
  const detector = new window.BarcodeDetector({ formats: FORMATS });
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
    view.remove();
  };
  addEventListener("pagehide", stop, { once: true });
  const look = async (): Promise<void> => {
    if (!view.isConnected) return;
    const [found] = await detector.detect(view).catch(() => []);
    if (!found) return void setTimeout(() => void look(), LOOK_MS);
    stop();
    send(found.rawValue);
  };
  await look();
}
