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

/** The words of a page that a reader can see or hear, popups and titles included. */
const words = (page) => page.evaluate(() => document.body.textContent + [...document.querySelectorAll('[title]')].map((one) => one.title).join('\n'));

/** What no page may have got from strangers: elements and attributes that do something, and links that are none. */
const intruders = (page) =>
  page.evaluate(() => {
    const found = [];
    const scripts = [...document.scripts].filter((one) => !/\/assets\/[\w.-]+\.js$/.test(one.src));
    found.push(...scripts, ...document.querySelectorAll('iframe, object, embed, base, math, style, form:not(#tools, dialog form), img, video, audio, link:not(head link), meta:not(head meta)'));
    for (const one of document.querySelectorAll('*')) {
      for (const { name, value } of one.attributes) {
        if (name.startsWith('on') || name === 'srcdoc' || name === 'autofocus') found.push(one);
        const isLink = ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(name);
        if (isLink && !['http:', 'https:', 'mailto:'].includes(new URL(value, location.href).protocol)) found.push(one);
      }
    }
    return found.map((one) => one.outerHTML.slice(0, 200));
  });

/** Fields that strangers write, as the payload is marked with them where it stands (tests/pages/hostile_words.rs). */
const ROW = ['user', 'comment', 'editor', 'source', 'label', 'rule', 'evidence', 'threshold', 'chip key', 'chip value', 'chip changed', 'chip old', 'chip new', 'unchanged key', 'unchanged value', 'affected user'];
const FEED = [...ROW];
const CHANGESET = [...ROW, 'tag key', 'tag value', 'discussion', 'commenter', 'road class', 'gap', 'element', 'key', 'old', 'new', 'element key', 'element value', 'old role', 'new role', 'author'];
const marked = ({ _osmtracker: { changeset } }, field) => legal(changeset.user.slice(0, -'«user»'.length) + `«${field}»`);
const missing = (text, item, fields) => fields.filter((field) => !text.includes(marked(item, field)));

test('sixty rows show what strangers wrote, in each field', async (t) => {
  const { page, wrong } = await plain.visit(t, folder);
  assert.equal(items.length, 60);
  const rows = await page.locator('.row').evaluateAll((all) =>
    Object.fromEntries(all.map((row) => [row.id, { comment: row.querySelector('h2').textContent, user: row.querySelector('.user')?.textContent, words: row.textContent }])));
  for (const item of items) {
    const { changeset } = item._osmtracker;
    const row = rows[`c${changeset.id}`];
    assert.equal(row.comment, legal(changeset.tags.comment));
    assert.equal(row.user, legal(changeset.user));
    assert.deepEqual(missing(row.words, item, ROW), [], String(changeset.id));
  }
  await page.fill('[name=q]', 'onerror=alert');
  assert.ok((await page.locator('.row:not([hidden])').count()) >= 3);
  assert.deepEqual(await intruders(page), []);
  assert.deepEqual(wrong, []);
});

test('lists, discussions, summary, view and about, in both languages', async (t) => {
  for (const locale of ['en-GB', 'de-DE']) {
    const { page, wrong, server } = await plain.visit(t, folder, '', { locale });
    for (const [path, fields] of [['', ROW], ['views/suspicious/', []], ['discussions/', [...ROW, 'discussion', 'commenter']], ['summary/', []], ['about/', []]]) {
      await go(page, server.url + path);
      const text = await words(page);
      for (const item of items) assert.deepEqual(missing(text, item, fields), [], `${locale} ${path}`);
      assert.deepEqual(await intruders(page), [], path);
      assert.deepEqual(wrong, [], path);
    }
    await page.context().close();
  }
});

test('the summary names users, comments and tags of strangers', async (t) => {
  const { page } = await plain.visit(t, folder, 'summary/');
  const text = await words(page);
  const named = (field) => items.filter((item) => text.includes(marked(item, field))).length;
  assert.deepEqual([named('user'), named('comment'), named('chip key'), named('chip changed')].map((n) => n >= 10), [true, true, true, true]);
});

async function checkChangeset({ page, wrong, server }, item) {
  const { _osmtracker: { changeset } } = item;
  await go(page, `${server.url}changesets/${changeset.id}/#way-11`);
  await mapIsReady(page);
  assert.equal(await page.locator('h1').textContent(), legal(changeset.tags.comment));
  // What the map's popup says comes from the diff, in which any text may stand.
  const diff = JSON.parse(readFileSync(`${folder}/changesets/${changeset.id}/diff.geojson`, 'utf8'));
  const { label } = diff.features.find(({ properties }) => properties.type === 'way' && properties.id === 11).properties;
  assert.equal(await page.locator('.map-card bdi').textContent(), label, 'on the map');
  assert.deepEqual(missing(await words(page), item, CHANGESET), [], String(changeset.id));
  assert.deepEqual(await intruders(page), [], String(changeset.id));
  assert.deepEqual(wrong, []);
}

test('sixty changesets, on the plain drawing of a browser without WebGL', async (t) => {
  const visit = await plain.visit(t, folder);
  for (const item of items) await checkChangeset(visit, item);
});

test('some of them on the map', async (t) => {
  const visit = await mapped.visit(t, folder);
  for (const id of [1, 4, 13, 42]) await checkChangeset(visit, items.find((item) => item._osmtracker.changeset.id === id));
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

test('feeds show the same words, whose HTML does nothing', async (t) => {
  const { page } = await plain.visit(t, folder);
  const read = (xml) => {
    const parsed = new DOMParser().parseFromString(xml, 'application/xml');
    if (parsed.querySelector('parsererror')) return { broken: parsed.querySelector('parsererror').textContent };
    return [...parsed.querySelectorAll('entry')].map((entry) => {
      const html = new DOMParser().parseFromString(entry.querySelector('content').textContent, 'text/html');
      const active = html.querySelectorAll('script, style, iframe, img, svg, math, object, embed, form, input, link, meta, base').length;
      return { title: entry.querySelector('title').textContent, author: entry.querySelector('author > name').textContent, text: html.body.textContent, active };
    });
  };
  for (const name of ['views/index/feed.atom', 'discussions/feed.atom']) {
    const entries = await page.evaluate(read, readFileSync(`${folder}/${name}`, 'utf8'));
    assert.equal(entries.length, 60, JSON.stringify(entries.broken));
    for (const item of items) {
      const entry = entries.find(({ title }) => title === legal(item.title));
      assert.ok(entry, item.title);
      assert.equal(entry.author, legal(item._osmtracker.changeset.user));
      assert.deepEqual(missing(entry.text, item, name.startsWith('discussions') ? [...FEED, 'discussion', 'commenter'] : FEED), [], name);
      assert.equal(entry.active, 0, name);
    }
  }
});

test('JSON keeps the words as they were written, and its HTML does nothing', async (t) => {
  const { page } = await plain.visit(t, folder);
  const read = (html) => {
    const parsed = new DOMParser().parseFromString(html, 'text/html');
    return { text: parsed.body.textContent, active: parsed.querySelectorAll('script, style, iframe, img, svg, math, object, embed, form, input, link, meta, base').length };
  };
  for (const item of items) {
    const { text, active } = await page.evaluate(read, item.content_html);
    assert.deepEqual(missing(text, item, FEED), []);
    assert.equal(active, 0);
    const { changeset } = item._osmtracker;
    const analysis = JSON.parse(readFileSync(`${folder}/changesets/${changeset.id}/analysis.json`, 'utf8'));
    assert.deepEqual(analysis.changeset, changeset, 'the same in both documents');
    assert.ok(analysis.changeset.user.endsWith('«user»') && analysis.changeset.tags.comment.endsWith('«comment»'));
  }
});
