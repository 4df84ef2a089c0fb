// Registers the service worker, unless the operator switched it off (see docs/reference/design-system.md).

export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  addEventListener("load", () => {
    void navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => undefined);
  });
}

/** On a page of an order: asks the worker to keep this page for when there is no network. */
export function keepOffline(_element: HTMLElement): void {
  void navigator.serviceWorker?.ready.then(({ active }) => active?.postMessage({ keep: location.href }));
}
