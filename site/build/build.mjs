// Builds the browser code, with hashed names and compressed variants, into the crate that carries it.
//
// `node build/build.mjs --check` builds into a temporary folder and fails when what is committed differs.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { write as writeLand } from './land.mjs';

const site = fileURLToPath(new URL('..', import.meta.url));
const crate = join(site, '../crates/pages');
const check = process.argv.includes('--check');
const out = check ? mkdtempSync(join(tmpdir(), 'osmtracker-site-')) : join(crate, 'assets/built');
const table = join(crate, 'src/assets/built.rs');

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.geojson': 'application/geo+json',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** What pages name themselves: the constant in Rust, the file's source. */
const NAMED = { STYLESHEET: 'site.css', LIST: 'list.ts', CHANGESET: 'changeset.ts', PLAIN: 'plain.ts' };

async function bundle() {
  const land = join(site, 'generated');
  if (!existsSync(join(land, 'land.geojson'))) writeLand(land);
  const inputs = Object.values(NAMED).map((name) => [basename(name, extname(name)), join(site, 'src', name)]);
  await build({
    root: site,
    configFile: false,
    logLevel: 'warn',
    base: './',
    assetsInclude: ['**/*.geojson'],
    build: {
      outDir: out,
      emptyOutDir: true,
      assetsDir: '',
      assetsInlineLimit: 0,
      manifest: 'manifest.json',
      modulePreload: { polyfill: false },
      target: 'es2022',
      reportCompressedSize: false,
      chunkSizeWarningLimit: 1200,
      rolldownOptions: { input: Object.fromEntries(inputs) },
    },
    worker: { format: 'es' },
  });
}

/** Files of the bundle, the icon, and a compressed variant where it is worth it. */
function collect() {
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'));
  rmSync(join(out, 'manifest.json'));
  const icon = readFileSync(join(site, 'src/icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  writeFileSync(join(out, iconName), icon);
  const files = readdirSync(out).sort();
  for (const file of files) {
    const bytes = readFileSync(join(out, file));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(out, `${file}.br`), brotliCompressSync(bytes, { params }));
    writeFileSync(join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
  const entries = Object.entries(NAMED).map(([name, file]) => {
    const { file: built, imports = [] } = manifest[`src/${file}`];
    return { name, file: built, imports: imports.map((key) => manifest[key].file) };
  });
  return { files, icon: iconName, entries };
}

function rust({ files, icon, entries }) {
  const key = (file) => `"assets/${file}"`;
  const keys = (list) => `&[${list.map(key).join(', ')}]`;
  const asset = (file) =>
    [
      `    BuiltAsset {`,
      `        key: ${key(file)},`,
      `        content_type: "${TYPES[extname(file)]}",`,
      `        bytes: include_bytes!("../../assets/built/${file}"),`,
      `        brotli: include_bytes!("../../assets/built/${file}.br"),`,
      `        gzip: include_bytes!("../../assets/built/${file}.gz"),`,
      `    },`,
    ].join('\n');
  const scripts = entries.filter(({ name }) => name !== 'STYLESHEET');
  return [
    '//! Written by `make site`: do not edit.',
    '',
    'use super::{BuiltAsset, Script};',
    '',
    `pub(super) const STYLESHEET: &str = ${key(entries.find(({ name }) => name === 'STYLESHEET').file)};`,
    `pub(super) const ICON: &str = ${key(icon)};`,
    ...scripts.map(
      ({ name, file, imports }) =>
        `pub(super) const ${name}: Script = Script { key: ${key(file)}, imports: ${keys(imports)} };`,
    ),
    '',
    `pub(super) const BUILT: [BuiltAsset; ${files.length}] = [`,
    ...files.map(asset),
    '];',
    '',
  ].join('\n');
}

function fail(words) {
  console.error(`${words}; run \`make site\` and commit crates/pages/assets/built and crates/pages/src/assets/built.rs`);
  process.exit(1);
}

await bundle();
const found = collect();
const text = rust(found);
if (check) {
  const committed = join(crate, 'assets/built');
  if (readFileSync(table, 'utf8') !== text) fail('the built browser code is older than site/src');
  for (const file of found.files) {
    // Compressed variants depend on the version of zlib in Node: their content is what counts, and a test reads it.
    if (!readFileSync(join(out, file)).equals(readFileSync(join(committed, file)))) fail(`${file} is older than its source`);
  }
  rmSync(out, { recursive: true });
  console.log('the built browser code is up to date');
} else {
  mkdirSync(join(crate, 'src/assets'), { recursive: true });
  writeFileSync(table, text);
  for (const file of found.files) {
    const sizes = ['', '.br', '.gz'].map((suffix) => readFileSync(join(out, file + suffix)).length);
    console.log(`${file.padEnd(34)} ${sizes.map((size) => String(size).padStart(9)).join(' ')}`);
  }
}
