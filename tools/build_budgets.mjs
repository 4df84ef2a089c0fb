// What a first visit may weigh, in bytes after gzip. The build fails above these.
import { readFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";

const KB = 1024;

const BUDGETS = {
  "shop.css": 20 * KB,
  "store.css": 20 * KB,
  "console.css": 20 * KB,
  "shop.js": 35 * KB,
  "store.js": 120 * KB,
  "console.js": 60 * KB,
  "room.css": 2 * KB,
  "room.js": 3 * KB,
  "sw.js": 6 * KB,
  "store-sw.js": 6 * KB,
};
const FONTS_BUDGET = 60 * KB;

/** Answers {text, over}: a table to print and the names above their budget. */
export async function budgetReport({ out, manifest, publicPath }) {
  const fileOf = (name) => path.join(out, (manifest[name] ?? `${publicPath}/${name}`).slice(publicPath.length + 1));
  const rows = [];
  for (const [name, limit] of Object.entries(BUDGETS)) {
    rows.push({ name, limit, size: gzipSync(await readFile(fileOf(name)), { level: 9 }).length });
  }
  const fonts = Object.keys(manifest).filter((name) => name.endsWith(".woff2"));
  const sizes = await Promise.all(fonts.map(async (name) => (await readFile(fileOf(name))).length));
  rows.push({ name: "fonts", limit: FONTS_BUDGET, size: sizes.reduce((sum, size) => sum + size, 0) });
  const line = ({ name, size, limit }) =>
    `${name.padEnd(12)} ${kilobytes(size)} of ${kilobytes(limit)} KB ${size > limit ? "OVER" : "ok"}`;
  return {
    text: rows.map(line).join("\n"),
    over: rows.filter(({ size, limit }) => size > limit).map(({ name }) => name),
  };
}

function kilobytes(bytes) {
  return (bytes / KB).toFixed(1).padStart(6);
}
