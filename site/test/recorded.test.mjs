// The recorded hour of a real server (docs/scenarios.md): every changeset's page, and what the map draws of the unusual ones.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { go, mapIsReady, painted } from './browser.mjs';
import { RECORDED, suite } from './support.mjs';

const skip = !RECORDED && 'no recorded-upstream in $OSMTRACKER_DATA or ../shared/data';
const plain = suite('--disable-gpu', '--disable-3d-apis');
const mapped = suite();
const FIRST = 175_000_000;

/** What the map draws, by layer. */
const drawn = (page) =>
  page.evaluate(() => {
    const map = document.querySelector('.map-canvas').map;
    const found = {};
    for (const { layer, properties, source } of map.queryRenderedFeatures()) {
      if (source === 'diff') (found[layer.id] ??= new Set()).add(properties.key);
    }
    return Object.fromEntries(Object.entries(found).map(([id, keys]) => [id, keys.size]));
  });

async function visit(t, suiteOf, n) {
  const visited = await suiteOf.visit(t, RECORDED, `changesets/${FIRST + n}/`);
  await mapIsReady(visited.page);
  return { ...visited, text: await visited.page.locator('main').textContent() };
}

test('every page: no error, no report of the policy, no request elsewhere, not wider than the screen', { skip }, async (t) => {
  const { page, wrong, server } = await plain.visit(t, RECORDED, '', { viewport: { width: 390, height: 844 } });
  const changesets = readdirSync(`${RECORDED}/changesets`).map((id) => `changesets/${id}/`);
  assert.equal(changesets.length, 51);
  for (const path of ['', 'views/flagged/', 'discussions/', 'summary/', 'about/', ...changesets]) {
    await go(page, server.url + path);
    await painted(page);
    const { scroll, screen } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, screen: innerWidth }));
    assert.ok(scroll <= screen, `${path}: ${scroll} > ${screen}`);
    assert.deepEqual(wrong, [], path);
  }
});

test('the list says what became of each', { skip }, async (t) => {
  const { page } = await plain.visit(t, RECORDED);
  assert.equal(await page.locator('.row').count(), 51);
  const notices = await page.locator('.row').evaluateAll((all) => all.map((row) => row.querySelector('.notice')?.textContent ?? ''));
  assert.equal(notices.filter((words) => words.startsWith('Still open')).length, 8);
  assert.equal(notices.filter((words) => words.startsWith('Incomplete')).length, 3);
  assert.match(await page.locator(`#c${FIRST + 11}`).textContent(), /Nothing changed/);
});

test('nodes of an untouched way: an arrow with metres each, and where they are told', { skip }, async (t) => {
  const { page, wrong } = await visit(t, mapped, 4);
  const { move, arrow, metres, ...others } = await drawn(page);
  assert.deepEqual([move, arrow, metres, others.changed, others.created], [2, 2, 2, undefined, undefined]);
  assert.equal(await page.locator('#elements').getByText(/moved 11 m/).count(), 2);
  assert.deepEqual(wrong, []);
});

test('roles and order of members, and a redacted version', { skip }, async (t) => {
  const { page, text } = await visit(t, mapped, 5);
  assert.match(await page.locator('#relation-90352 > summary').textContent(), /v13 → v14 → v15.*members.*roles/);
  assert.match(await page.locator('#relation-90352 .members').textContent(), /role changed/);
  assert.equal((await drawn(page)).changed, 1);
  assert.match(text, /Incomplete: 1 gap/);
  // Nothing is called unchanged that cannot be compared.
  const before = await page.locator('#way-4229537 .tags td:nth-child(2)').allTextContents();
  assert.ok(before.length > 2 && before.every((words) => words.startsWith('?')), before.join());
});

test('deleted and restored', { skip }, async (t) => {
  assert.ok((await drawn((await visit(t, mapped, 6)).page)).deleted >= 1);
  assert.match((await visit(t, plain, 7)).text, /restored/);
});

test('the corners of the world, and relations that hold each other', { skip }, async (t) => {
  for (const n of [17, 18]) {
    const { page, wrong } = await visit(t, mapped, n);
    const state = await page.locator('#map').getAttribute('data-state');
    assert.ok(['ready', 'empty'].includes(state), `${n}: ${state}`);
    if (state === 'empty') assert.match(await page.locator('.map-state').textContent(), /^Nothing to draw/);
    assert.deepEqual(wrong, []);
  }
});

test('12,000 changes: drawn in a simple way, with the number, and listed in part', { skip }, async (t) => {
  const { page, text } = await visit(t, mapped, 16);
  assert.match(await page.locator('.map-state').textContent(), /^12,000 elements/);
  assert.match(text, /Untagged nodes 12,000/);
  assert.ok((await drawn(page)).dot > 500);
  assert.equal(await page.locator('[data-group=create] .n').textContent(), '12,000');
});

test('open ones say so, and have no map', { skip }, async (t) => {
  const { page, wrong } = await plain.visit(t, RECORDED, `changesets/${FIRST + 10}/`);
  assert.match(await page.locator('main').textContent(), /Still open/);
  assert.equal(await page.locator('#map').count(), 0);
  assert.deepEqual(wrong, []);
});

test('what the list counts is what the page and the diff have', { skip }, async (t) => {
  for (const n of [3, 24, 28]) {
    const { page } = await visit(t, plain, n);
    const { features } = JSON.parse(readFileSync(`${RECORDED}/changesets/${FIRST + n}/diff.geojson`, 'utf8'));
    const distinct = new Set(features.filter(({ properties }) => properties.kind === 'element' && !properties.via_nodes).map(({ properties: { type, id } }) => `${type}/${id}`));
    const counts = await page.locator('[data-group=create], [data-group=modify], [data-group=delete]').evaluateAll((all) => all.map((one) => Number(one.querySelector('.n').textContent)));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), distinct.size, String(n));
  }
});
