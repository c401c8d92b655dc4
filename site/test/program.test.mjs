// The site as the program itself serves it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { go, launch, mapIsReady, open, until } from './browser.mjs';
import { DEMO } from './support.mjs';

const program = { url: '', process: null, folder: '', browser: null };

before(async () => {
  program.browser = await launch();
  program.folder = mkdtempSync(join(tmpdir(), 'osmtracker-program-'));
  cpSync(dirname(DEMO), program.folder, { recursive: true });
  program.process = spawn(process.env.OSMTRACKER, ['demo', '--data', program.folder, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  program.url = await new Promise((ready, failed) => {
    let printed = '';
    program.process.stderr.on('data', (bytes) => {
      printed += bytes;
      const found = /site on (http:\S+)\s/.exec(printed);
      if (found) ready(`${found[1]}/`);
    });
    program.process.on('exit', () => failed(new Error(printed)));
  });
});

after(async () => {
  await program.browser?.close();
  program.process?.kill();
  rmSync(program.folder, { recursive: true, force: true });
});

async function visit(t) {
  const opened = await open(program.browser);
  t.after(() => opened.context.close());
  return opened;
}

test('a list and a changeset with its map', async (t) => {
  const { page, wrong } = await visit(t);
  await go(page, program.url);
  await until(page, 'live', () => document.querySelector('#live')?.dataset.state === 'live');
  await page.locator('.row h2 a').first().click();
  await page.waitForURL(/changesets\/\d+\/index\.html$/);
  await mapIsReady(page);
  assert.deepEqual(wrong, []);
});

test('hashed files come compressed, once and for ever', async (t) => {
  const { page } = await visit(t);
  const answers = [];
  page.on('response', (response) => answers.push(response));
  await go(page, program.url);
  const assets = answers.filter((one) => one.url().includes('/assets/') && /\.(js|css)$/.test(one.url()));
  assert.ok(assets.length >= 4);
  for (const one of assets) {
    const { 'content-encoding': encoding, vary, 'cache-control': cached } = await one.allHeaders();
    assert.deepEqual([encoding, vary, cached], ['br', 'accept-encoding', 'public, max-age=31536000, immutable'], one.url());
  }
  for (const [accepted, expected] of [['gzip', 'gzip'], ['identity', null]]) {
    const { headers } = await fetch(assets[0].url(), { headers: { 'accept-encoding': accepted } });
    assert.equal(headers.get('content-encoding'), expected);
  }
});

test('the security headers stand on pages, data and files', async () => {
  for (const path of ['', 'status.json', 'views/index/feed.atom', 'no/such/page']) {
    const { headers } = await fetch(program.url + path);
    const policy = headers.get('content-security-policy');
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; /, path);
    assert.match(policy, /frame-ancestors 'none'/, path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'strict-origin-when-cross-origin', path);
  }
});

test('a file of tiles beside the site is read in parts', async () => {
  writeFileSync(join(program.folder, 'site/area.pmtiles'), 'PMTiles and more');
  const answer = await fetch(`${program.url}area.pmtiles`, { headers: { range: 'bytes=0-6' } });
  assert.deepEqual([answer.status, answer.headers.get('content-range'), await answer.text()], [206, 'bytes 0-6/16', 'PMTiles']);
});
