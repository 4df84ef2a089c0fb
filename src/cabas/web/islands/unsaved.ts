// A form whose changes are not lost by leaving: [data-island="unsaved"]. Its save bar shows when something changed.

export function unsaved(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  const bar = form.querySelector<HTMLElement>(".c-save-bar");
  let changed = false;
  if (bar) bar.hidden = true;
  form.addEventListener("input", () => {
    changed = true;
    if (bar) bar.hidden = false;
  });
  form.addEventListener("submit", () => (changed = false));
  bar?.querySelector("a")?.addEventListener("click", () => (changed = false));
  addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
}

/** "/" goes to the first search field of the page. */
export function watchSlash(): void {
  document.addEventListener("keydown", (event) => {
    const { target } = event;
    const writing = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || writing || event.ctrlKey || event.metaKey) return;
    const field = document.querySelector<HTMLInputElement>('input[type="search"]');
    if (!field) return;
    event.preventDefault();
    field.focus();
  });
}
