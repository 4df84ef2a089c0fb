// Big keys that type into the input of data-target.

export function keypad(element: HTMLElement): void {
  const input = document.getElementById(element.dataset.target ?? "");
  if (!(input instanceof HTMLInputElement)) return;
  element.addEventListener("click", (event) => {
    const key = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-key]")?.dataset.key : undefined;
    if (!key || key === "submit") return;
    input.value = key === "erase" ? input.value.slice(0, -1) : (input.value + key).slice(0, Math.max(1, input.maxLength > 0 ? input.maxLength : 8));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
