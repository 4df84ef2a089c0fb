// Cuts the two variable fonts down to what French and English need, hashes them, writes their @font-face rules.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import subsetFont from "subset-font";

const require = createRequire(import.meta.url);

// Latin-1, œ Œ Ÿ, dashes, quotes, ellipsis, bullets, narrow spaces, euro, arrows, ≈ ≤ ≥ − ×.
const LATIN = range(0x20, 0x7e) + range(0xa0, 0xff) + "ŒœŸ–—‘’“”„†•…‹›\u2009\u202f€™←→↑↓−≈≤≥";

const FONTS = [
  {
    name: "figtree",
    family: "Figtree Variable",
    file: "@fontsource-variable/figtree/files/figtree-latin-wght-normal.woff2",
    weights: [400, 800],
    // Figtree is a little narrower than Arial: without the adjustment, text moves when it arrives.
    fallback: { family: "Figtree Fallback", local: "Arial", sizeAdjust: "99%", ascent: "95%", descent: "25%" },
  },
  {
    name: "bricolage",
    family: "Bricolage Grotesque Variable",
    file: "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
    weights: [500, 800],
    fallback: { family: "Bricolage Fallback", local: "Arial", sizeAdjust: "96%", ascent: "97%", descent: "28%" },
  },
];

/** Writes the fonts into `out`; answers their CSS and their lines of the manifest. */
export async function buildFonts({ out, publicPath }) {
  await mkdir(out, { recursive: true });
  const manifest = {};
  const rules = ["/* Written by tools/build_fonts.mjs: change that, not this. */"];
  for (const font of FONTS) {
    const bytes = await subsetFont(await readFile(require.resolve(font.file)), LATIN, {
      targetFormat: "woff2",
      variationAxes: { wght: { min: font.weights[0], max: font.weights[1] } },
    });
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
    const file = `${font.name}-${hash}.woff2`;
    await writeFile(path.join(out, file), bytes);
    manifest[`${font.name}.woff2`] = `${publicPath}/${file}`;
    rules.push(faceRule(font, `${publicPath}/${file}`), fallbackRule(font.fallback));
  }
  return { manifest, css: `${rules.join("\n")}\n` };
}

function faceRule({ family, weights }, address) {
  return `@font-face{font-family:"${family}";src:url("${address}") format("woff2");font-weight:${weights.join(" ")};font-style:normal;font-display:swap}`;
}

function fallbackRule({ family, local, sizeAdjust, ascent, descent }) {
  return `@font-face{font-family:"${family}";src:local("${local}");size-adjust:${sizeAdjust};ascent-override:${ascent};descent-override:${descent};line-gap-override:0%}`;
}

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");
}
