// Extracts the product pictures we use from the Fluent Emoji Flat set (MIT) as one SVG file each.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const PACKAGE = "@iconify-json/fluent-emoji-flat";

// All of "Food & Drink" comes in by category; these come from the other ones.
const NATURE = `
  blossom bouquet cactus cherry-blossom four-leaf-clover herb hibiscus maple-leaf potted-plant rose seedling
  sheaf-of-rice sunflower tulip fish tropical-fish octopus cow-face pig-face chicken turkey duck goat rabbit-face
  ewe cat-face dog-face black-cat bird hamster paw-prints honeybee feather nest-with-eggs shamrock evergreen-tree
  deciduous-tree fallen-leaf spiral-shell goose boar deer snail lady-beetle mouse-face
`;
const HOUSEHOLD = `
  adhesive-bandage backpack balance-scale basket bathtub battery bed bell books broom bubbles bucket candle
  chair closed-book coin crayon couch-and-lamp door dress e-mail electric-plug envelope flashlight gem-stone
  gloves hair-pick hammer hammer-and-wrench jeans key label ladder light-bulb lipstick lotion-bottle mirror
  mobile-phone mouse-trap newspaper notebook open-book package paintbrush paperclip pen pencil pill pushpin razor
  receipt roll-of-paper running-shoe safety-pin scissors screwdriver shopping-bags shopping-cart shower soap
  socks spiral-notepad sponge stethoscope straight-ruler sunglasses t-shirt thermometer toilet toothbrush toolbox
  wastebasket wrench magnifying-glass-tilted-left
`;
const PLACES_AND_PLAY = `
  balloon christmas-tree confetti-ball wrapped-gift party-popper jack-o-lantern soccer-ball teddy-bear
  puzzle-piece yarn thread delivery-truck automobile house convenience-store department-store snowflake
  sun crescent-moon droplet fire sparkles star umbrella tent camping alarm-clock full-moon
  baby diaper nail-polish person-in-bed kite video-game ribbon sewing-needle
`;
// All of one dark colour, it would not be seen on the night theme's plates.
const RECOLOURED = { "paw-prints": ["#321b41", "#a56a43"] };
const EXTRA = words(NATURE + HOUSEHOLD + PLACES_AND_PLAY);

/** Writes `out`/<icon>.svg for each picture; answers how many. An icon the set lacks is left out. */
export async function buildPictures({ out }) {
  await mkdir(out, { recursive: true });
  const set = JSON.parse(await readFile(require.resolve(`${PACKAGE}/icons.json`), "utf8"));
  const { categories } = JSON.parse(await readFile(require.resolve(`${PACKAGE}/metadata.json`), "utf8"));
  const names = [...new Set([...categories["Food & Drink"], ...EXTRA])].filter((name) => set.icons[name]);
  await Promise.all(names.map((name) => writeFile(path.join(out, `${name}.svg`), svgOf(set, name))));
  await writeFile(path.join(out, "index.json"), `${JSON.stringify(names.sort())}\n`);
  return names.length;
}

function svgOf(set, name) {
  const icon = set.icons[name];
  const width = icon.width ?? set.width ?? set.height ?? 32;
  const height = icon.height ?? set.height ?? 32;
  const side = Math.max(width, height);
  const box = `${(width - side) / 2} ${(height - side) / 2} ${side} ${side}`;
  const body = icon.body.replaceAll(...(RECOLOURED[name] ?? ["", ""]));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" width="256" height="256">${body}</svg>\n`;
}

function words(text) {
  return text.split(/\s+/).filter(Boolean);
}
