// The journal on the device: IndexedDB, so that a closed page or an empty battery loses nothing.

import type { JournalEvent, Waiting } from "./journal.ts";

const NAME = "cabas-picking";
const EVENTS = "events";
let opening: Promise<IDBDatabase> | undefined;

/** Keeps an event, numbered after all that this device ever made; resolves once it is safe. */
export async function append(actor: string, event: Omit<JournalEvent, "device_seq">): Promise<void> {
  const database = await open();
  const transaction = database.transaction(EVENTS, "readwrite", { durability: "strict" });
  const events = transaction.objectStore(EVENTS);
  // The key generator never gives a number twice, even after the events were sent and deleted.
  const seq = Number(await done(events.add({ actor, event })));
  events.put({ seq, actor, event: { ...event, device_seq: seq } });
  await finished(transaction);
}

/** All that waits, oldest first. */
export async function waiting(): Promise<Waiting[]> {
  const database = await open();
  return done(database.transaction(EVENTS).objectStore(EVENTS).getAll() as IDBRequest<Waiting[]>);
}

export async function forget(numbers: readonly number[]): Promise<void> {
  if (!numbers.length) return;
  const transaction = (await open()).transaction(EVENTS, "readwrite");
  for (const seq of numbers) transaction.objectStore(EVENTS).delete(seq);
  await finished(transaction);
}

function open(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(EVENTS, { keyPath: "seq", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
