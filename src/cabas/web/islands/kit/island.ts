// An island is one behaviour attached to each [data-island="name"]; everything works before it arrives.

export type Island = (element: HTMLElement) => void;

const connected = new WeakSet<Element>();
let registry: Readonly<Record<string, Island>> = {};

/** Attaches every island of the page. Called once, by the entry of a face. */
export function start(islands: Readonly<Record<string, Island>>): void {
  registry = islands;
  connect(document.body);
}

/** Attaches the islands of a part that was just put into the page. */
export function connect(root: ParentNode & Node): void {
  const inside = [...root.querySelectorAll<HTMLElement>("[data-island]")];
  if (root instanceof HTMLElement && root.dataset.island) inside.unshift(root);
  for (const element of inside) {
    if (connected.has(element)) continue;
    connected.add(element);
    for (const name of (element.dataset.island ?? "").split(" ")) attach(name, element);
  }
}

function attach(name: string, element: HTMLElement): void {
  try {
    registry[name]?.(element);
  } catch (error) {
    // One broken island must not take the others with it: the page still works without.
    console.error(`island ${name}`, error);
  }
}
