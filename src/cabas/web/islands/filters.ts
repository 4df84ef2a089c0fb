import { announce } from "./kit/status.ts";
import { fetchDocument, swapIn } from "./kit/swap.ts";

// A GET form that answers each change: fetches its address, swaps <data-target>, keeps the address and the focus.
// The target may hold [data-count], whose text is said ("212 produits").

export function filters(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  const target = form.dataset.target ?? "#results";
  let request: AbortController | undefined;
  const apply = () => {
    request?.abort();
    request = new AbortController();
    void load(addressOf(form), target, request.signal);
  };
  form.addEventListener("change", apply);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  addEventListener("popstate", () => location.reload());
}

async function load(address: string, target: string, signal: AbortSignal): Promise<void> {
  const shown = document.querySelector(target);
  shown?.classList.add("is-swapping");
  try {
    swapIn(await fetchDocument(address, signal), target);
    history.pushState(null, "", address);
    announce(document.querySelector(`${target} [data-count]`)?.textContent?.trim() ?? "");
  } catch {
    if (!signal.aborted) location.assign(address);
  } finally {
    shown?.classList.remove("is-swapping");
  }
}

function addressOf(form: HTMLFormElement): string {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (String(value)) query.append(name, String(value));
  const text = query.toString();
  return new URL(form.action).pathname + (text ? `?${text}` : "");
}
