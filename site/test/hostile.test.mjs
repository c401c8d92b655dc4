// Sixty payloads in each field that strangers write: shown as they are, and never more than text.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { go, mapIsReady } from './browser.mjs';
import { SITES, suite } from './support.mjs';

const folder = `${SITES}/hostile`;
const plain = suite('--disable-gpu', '--disable-3d-apis');
const mapped = suite();
const items = JSON.parse(readFileSync(`${folder}/views/index/recent.json`, 'utf8')).items;

/** What a document may hold of it: see the escaper of the pages. */
const legal = (text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufdd0-\ufdef]|[\ufffe\uffff]/gu, '\ufffd').replace(/\u{1fffe}|\u{1ffff}/gu, '\ufffd');

test('sixty rows show what strangers wrote', async (t) => {
  const { page, wrong } = await plain.visit(t, folder);
  assert.equal(items.length, 60);
  const rows = await page.locator('.row').evaluateAll((all) =>
    Object.fromEntries(all.map((row) => [row.id, {
      comment: row.querySelector('h2').textContent,
      user: row.querySelector('.user')?.textContent,
      words: row.textContent,
    }])));
  for (const { _osmtracker: { changeset, labels, digest } } of items) {
    const row = rows[`c${changeset.id}`];
    assert.equal(row.comment, legal(changeset.tags.comment));
    assert.equal(row.user, legal(changeset.user));
    for (const text of [changeset.tags.created_by, labels[0].name, digest.tag_diff.create[0].key, digest.tag_diff.modify[0].new]) {
      assert.ok(row.words.includes(legal(text)), text);
    }
  }
  await page.fill('[name=q]', 'onerror=alert');
  assert.ok((await page.locator('.row:not([hidden])').count()) >= 3);
  assert.deepEqual(wrong, []);
});

test('discussions, summary and German pages show them, too', async (t) => {
  for (const [path, locale] of [['discussions/', 'en-GB'], ['summary/', 'en-GB'], ['', 'de-DE'], ['discussions/', 'de-DE']]) {
    const { page, wrong } = await plain.visit(t, folder, path, { locale });
    const text = await page.evaluate(() => document.body.textContent);
    for (const { _osmtracker: { changeset } } of path === 'summary/' ? items.slice(0, 10) : items) {
      assert.ok(text.includes(legal(path === 'discussions/' ? changeset.discussion.at(-1).text : changeset.user)), `${path} ${changeset.id}`);
    }
    assert.deepEqual(wrong, []);
    await page.context().close();
  }
});

async function checkChangeset({ page, wrong, server }, id) {
  await go(page, `${server.url}changesets/${id}/#way-11`);
  await mapIsReady(page);
  const { _osmtracker: { changeset } } = items.find((item) => item._osmtracker.changeset.id === id);
  assert.equal(await page.locator('h1').textContent(), legal(changeset.tags.comment));
  const diff = JSON.parse(readFileSync(`${folder}/changesets/${id}/diff.geojson`, 'utf8'));
  const { label } = diff.features.find(({ properties }) => properties.type === 'way' && properties.id === 11).properties;
  assert.equal(await page.locator('.map-card bdi').textContent(), label, 'on the map');
  const text = await page.evaluate(() => document.body.textContent);
  for (const field of [changeset.user, changeset.discussion[0].text, changeset.tags.source]) {
    assert.ok(text.includes(legal(field)), field);
  }
  assert.deepEqual(wrong, []);
}

test('sixty changesets, on the plain drawing of a browser without WebGL', async (t) => {
  const visit = await plain.visit(t, folder);
  for (const { _osmtracker: { changeset } } of items) await checkChangeset(visit, changeset.id);
});

test('some of them on the map', async (t) => {
  const visit = await mapped.visit(t, folder);
  for (const id of [1, 4, 13, 42]) await checkChangeset(visit, id);
});

test('without WebGL there is a drawing, that selects and switches as the map does', async (t) => {
  const { page } = await plain.visit(t, `${SITES}/small`, 'changesets/137003062/');
  await mapIsReady(page);
  assert.equal(await page.locator('#map').getAttribute('data-state'), 'no-webgl');
  const visible = (selector) => page.locator(`.plain ${selector}`).evaluateAll((all) => all.filter((one) => getComputedStyle(one).display !== 'none').length);
  assert.equal(await visible('.line.create'), 1);
  await page.keyboard.press('b');
  assert.equal(await visible('.line.create'), 0);
  assert.equal(await visible('.line.delete'), 1);
  await page.keyboard.press('o');
  await page.click('[data-group=delete]');
  assert.equal(await visible('.line.delete'), 0);
  await page.locator('.plain .line.modify.side-new').dispatchEvent('click');
  assert.ok(await page.locator('#way-11.selected').count());
});

test('feeds are well-formed XML with the same words', async (t) => {
  const { page } = await plain.visit(t, folder);
  for (const name of ['views/index/feed.atom', 'discussions/feed.atom']) {
    const feed = readFileSync(`${folder}/${name}`, 'utf8');
    const titles = await page.evaluate((xml) => {
      const parsed = new DOMParser().parseFromString(xml, 'application/xml');
      if (parsed.querySelector('parsererror')) return parsed.querySelector('parsererror').textContent;
      return [...parsed.querySelectorAll('entry > title')].map((title) => title.textContent);
    }, feed);
    assert.equal(titles.length, 60, String(titles));
    for (const { title } of items) assert.ok(titles.includes(legal(title)), title);
  }
});
