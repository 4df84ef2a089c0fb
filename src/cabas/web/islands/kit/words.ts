// The few sentences islands say, in the page's language: <script type="application/json" id="words">.

let words: Record<string, string> | undefined;

export function word(key: string): string {
  words ??= JSON.parse(document.getElementById("words")?.textContent || "{}") as Record<string, string>;
  return words[key] ?? "";
}
