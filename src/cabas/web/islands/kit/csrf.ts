/** The token any form of the page carries. */
export function csrfToken(): string {
  return document.querySelector<HTMLInputElement>('input[name="_csrf_token"]')?.value ?? "";
}

/** Posts JSON, or form fields, and answers parsed JSON; throws on anything but success. */
export async function postJson<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": csrfToken() },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return (await answer.json()) as T;
}
