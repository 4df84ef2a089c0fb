// Theme at once, remembered by the server like without JavaScript.

export function theme(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("submit", (event) => {
    const chosen = event.submitter;
    if (!(chosen instanceof HTMLButtonElement)) return;
    event.preventDefault();
    apply(chosen.value);
    for (const one of form.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === chosen));
    const body = new URLSearchParams(new FormData(form, chosen) as unknown as Record<string, string>);
    void fetch(form.action, { method: "POST", body, redirect: "manual", keepalive: true }).catch(() => undefined);
  });
}

function apply(value: string): void {
  if (value === "light" || value === "dark") document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
}
