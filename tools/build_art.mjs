// The one illustration of the home page: our bag, its moon for a handle, and food of the day showing out of it.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const SET = "@iconify-json/fluent-emoji-flat/icons.json";

// What shows out of the bag, back to front: icon, centre x, centre y, size, tilt in degrees.
const FOOD = [
  ["leafy-green", 116, 176, 132, -24],
  ["baguette-bread", 278, 140, 170, -38],
  ["glass-of-milk", 206, 158, 118, 4],
  ["carrot", 158, 170, 112, 96],
  ["red-apple", 246, 196, 84, 10],
  ["tomato", 128, 206, 76, -8],
  ["cheese-wedge", 300, 204, 84, 12],
];

/** Writes `out`/bag-of-food.svg, transparent, 400 × 400. */
export async function buildArt({ out }) {
  await mkdir(out, { recursive: true });
  const { icons } = JSON.parse(await readFile(require.resolve(SET), "utf8"));
  const food = FOOD.map(([name, x, y, size, tilt]) => piece(icons[name].body, x, y, size, tilt)).join("");
  await writeFile(
    path.join(out, "bag-of-food.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">${MOON}${food}${BAG}</svg>\n`,
  );
}

function piece(body, x, y, size, tilt) {
  const scale = size / 32;
  return `<g transform="translate(${x} ${y}) rotate(${tilt}) scale(${scale}) translate(-16 -16)">${body}</g>`;
}

const MOON = [
  '<path fill="#ffc94a" d="M84 236C66 110 118 26 206 26s140 84 122 210h-20c8-92-26-158-100-158S100 146 108 236Z"/>',
  '<g fill="#ffe6a8"><path d="m48 96 4 11 11 4-11 4-4 11-4-11-11-4 11-4ZM354 62l5 13 13 5-13 5-5 13-5-13-13-5 13-5ZM372 168l3 8 8 3-8 3-3 8-3-8-8-3 8-3ZM26 190l3 8 8 3-8 3-3 8-3-8-8-3 8-3Z"/></g>',
].join("");
const BAG = [
  '<path fill="#f2ece0" d="M56 214h288c9 0 15 7 14 16l-20 128c-2 14-13 24-27 24H89c-14 0-25-10-27-24L42 230c-1-9 5-16 14-16Z"/>',
  '<path fill="#fffdf8" d="M56 214h288c9 0 15 7 14 16l-3 18H45l-3-18c-1-9 5-16 14-16Z"/>',
  '<circle cx="200" cy="312" r="36" fill="none" stroke="#141b3c" stroke-width="7"/>',
  '<path fill="none" stroke="#141b3c" stroke-width="7" stroke-linecap="round" d="M200 312v-22"/>',
  '<circle cx="200" cy="312" r="6" fill="#141b3c"/>',
].join("");
