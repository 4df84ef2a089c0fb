// The full-screen answer to a scan: a short buzz, gone by itself when right, by a tap when wrong.

const OK_MS = 700;

export function verdict(element: HTMLElement): void {
  const right = element.classList.contains("c-verdict--ok");
  navigator.vibrate?.(right ? 40 : [80, 60, 80]);
  element.focus();
  const close = () => {
    element.hidden = true;
    document.querySelector<HTMLElement>(".c-scan__input")?.focus({ preventScroll: true });
  };
  element.addEventListener("click", (event) => {
    event.preventDefault();
    close();
  });
  if (right) setTimeout(close, OK_MS);
}
