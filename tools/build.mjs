// Builds everything the browser downloads: styles, islands, service worker, fonts, pictures, manifest.
// Usage: node tools/build.mjs [--watch]. Output: src/cabas/web/static/built/ (ignored by git).
import { build } from "esbuild";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { buildArt } from "./build_art.mjs";
import { budgetReport } from "./build_budgets.mjs";
import { buildFonts } from "./build_fonts.mjs";
import { buildPictures } from "./build_pictures.mjs";

const ROOT = path.resolve(import.meta.dirname, "..");
const WEB = path.join(ROOT, "src/cabas/web");
const OUT = path.join(WEB, "static/built");
const PUBLIC = "/static/built";
const FACES = ["shop", "store", "console", "room"];

const shared = {
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["chrome123", "firefox125", "safari17.5"],
  outdir: OUT,
  logLevel: "warning",
};

const faces = {
  ...shared,
  entryPoints: FACES.flatMap((face) => [
    { in: path.join(WEB, `ui/css/${face}.css`), out: face },
    { in: path.join(WEB, `islands/${face}.ts`), out: face },
  ]),
  entryNames: "[name]-[hash]",
  // The fonts are written and hashed by build_fonts, other /static/ addresses are served as they are.
  external: ["/static/*"],
  format: "esm",
  metafile: true,
};

async function buildAll() {
  const started = performance.now();
  await mkdir(OUT, { recursive: true });
  const fonts = await buildFonts({ out: path.join(OUT, "fonts"), publicPath: `${PUBLIC}/fonts` });
  await writeFile(path.join(OUT, "fonts/fonts.css"), fonts.css);
  const pictures = await buildPictures({ out: path.join(OUT, "pictures") });
  await buildArt({ out: path.join(OUT, "art") });
  const bundled = await build(faces);
  const art = { "bag-of-food.svg": `${PUBLIC}/art/bag-of-food.svg` };
  const manifest = { ...manifestOf(bundled.metafile), ...fonts.manifest, ...art };
  await writeFile(path.join(OUT, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await buildWorker(manifest);
  await buildStoreWorker(manifest);
  await prune(manifest);
  const report = await budgetReport({ out: OUT, manifest, publicPath: PUBLIC });
  console.log(report.text);
  console.log(`${pictures} pictures · built in ${((performance.now() - started) / 1000).toFixed(2)} s`);
  if (report.over.length) {
    console.error(`Over budget: ${report.over.join(", ")}`);
    process.exitCode = 1;
  }
}

/** "shop.css" → "/static/built/shop-HASH.css". */
function manifestOf(metafile) {
  const entries = Object.entries(metafile.outputs)
    .filter(([, output]) => output.entryPoint)
    .map(([file, output]) => {
      const face = path.basename(output.entryPoint).replace(/\.ts$/, ".js");
      return [face, `${PUBLIC}/${path.basename(file)}`];
    });
  return Object.fromEntries(entries.sort());
}

/** The service worker keeps one name for ever, and changes when any asset does. */
async function buildWorker(manifest) {
  const version = [...Object.values(manifest)].join("").match(/-[A-Za-z0-9]{8}(?=\.)/g).join("");
  await build({
    ...shared,
    entryPoints: [{ in: path.join(WEB, "islands/worker/sw.ts"), out: "sw" }],
    format: "iife",
    define: {
      __ASSETS__: JSON.stringify(["shop.css", "shop.js", "figtree.woff2", "bricolage.woff2"].map((n) => manifest[n])),
      __VERSION__: JSON.stringify(shortHash(version)),
    },
  });
}

/** The picking app's own worker. */
async function buildStoreWorker(manifest) {
  await build({
    ...shared,
    entryPoints: [{ in: path.join(WEB, "islands/worker/store-sw.ts"), out: "store-sw" }],
    format: "iife",
    define: {
      __ASSETS__: JSON.stringify(["store.css", "store.js", "figtree.woff2", "bricolage.woff2"].map((n) => manifest[n])),
      __VERSION__: JSON.stringify(shortHash(Object.values(manifest).join(""))),
    },
  });
}

/** Former builds go last, so that a server that runs meanwhile never points at nothing. */
async function prune(manifest) {
  const kept = new Set([...Object.values(manifest).map((address) => path.basename(address)), "fonts.css"]);
  for (const folder of [OUT, path.join(OUT, "fonts")]) {
    for (const name of await readdir(folder)) {
      if (/-[A-Z0-9]{8}\.(css|js|woff2)$/.test(name) && !kept.has(name)) await rm(path.join(folder, name));
    }
  }
}

function shortHash(text) {
  let hash = 5381;
  for (const char of text) hash = ((hash << 5) + hash + char.charCodeAt(0)) >>> 0;
  return hash.toString(36);
}

async function watch() {
  const { watch: watchFiles } = await import("node:fs");
  let pending;
  for (const folder of ["ui/css", "islands"]) {
    watchFiles(path.join(WEB, folder), { recursive: true }, (_event, file) => {
      clearTimeout(pending);
      pending = setTimeout(() => buildAll().catch((error) => console.error(error.message)), 80);
    });
  }
}

await buildAll();
if (process.argv.includes("--watch")) await watch();
