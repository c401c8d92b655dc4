// The catalogue of English words is what the pages and the browser code say, no more.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const workspace = new URL('../../', import.meta.url);
const read = (folder, ...ends) =>
  readdirSync(new URL(folder, workspace), { recursive: true })
    .filter((name) => ends.some((end) => name.endsWith(end)) && !name.includes('words/'))
    .map((name) => readFileSync(new URL(`${folder}/${name}`, workspace), 'utf8'));

test('each phrase of the catalogue is said somewhere', () => {
  const catalogue = readFileSync(new URL('site/src/words/en.ts', workspace), 'utf8');
  const phrases = [...catalogue.matchAll(/^ {2}'((?:[^'\\]|\\.)*)',$/gm)].map(([, phrase]) => phrase.replaceAll("\\'", "'"));
  assert.ok(phrases.length > 200);
  const said = [...read('crates/pages/templates', '.html'), ...read('crates/pages/src', '.rs'), ...read('site/src', '.ts')].join('\n').replaceAll(/\\?\s+/g, ' ');
  // What the templates put together ends alike.
  assert.deepEqual(phrases.filter((phrase) => !said.includes(phrase.replace(/:$| \(UTC\)$/, ''))), []);
});
