// What a push message may show, and where a touch on it leads. Pure, so that it is tested without a browser.

export interface Note {
  title: string;
  body: string;
  tag: string;
  path: string;
}

const TITLE_MAX = 120;
const BODY_MAX = 300;

/** The note in a message; when it can't be read, one that leads home: a browser wants something shown. */
export function noteOf(text: string, otherwise: string): Note {
  let told: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed !== null && typeof parsed === "object") told = parsed as Record<string, unknown>;
  } catch {
    // Not ours, or broken on its way.
  }
  const word = (name: string) => (typeof told[name] === "string" ? told[name] : "");
  return {
    title: word("title").slice(0, TITLE_MAX) || otherwise,
    body: word("body").slice(0, BODY_MAX),
    tag: word("id") || "cabas",
    path: localPath(word("path")),
  };
}

/** A page of this site, whatever a message says. */
export function localPath(path: string): string {
  return /^\/(?![/\\])/.test(path) && !path.includes("\\") ? path : "/";
}
