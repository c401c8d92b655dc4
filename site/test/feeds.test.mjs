// Feeds by the rules of RFC 4287 and of JSON Feed 1.1, as a feed validator holds them, and what their readers show.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DEMO, RECORDED, SITES, suite } from './support.mjs';

const shared = suite('--disable-gpu', '--disable-3d-apis');
const VIEWS = ['index', 'suspicious', 'flagged', 'roads'];
const FOLDERS = [`${SITES}/small`, `${SITES}/hostile`, `${SITES}/empty`, DEMO, ...(RECORDED ? [RECORDED] : [])];
const files = (name) =>
  FOLDERS.flatMap((folder) => VIEWS.map((view) => `${folder}/views/${view}/${name}`)).filter((file) => existsSync(file));
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What a feed reader makes of the XML and of the HTML within. */
function readAtom(xml) {
  const feed = new DOMParser().parseFromString(xml, 'application/xml');
  const broken = feed.querySelector('parsererror')?.textContent;
  if (broken) return { broken };
  const text = (of, name) => of.querySelector(`:scope > ${name}`)?.textContent ?? null;
  const links = (of) => [...of.querySelectorAll(':scope > link')].map((link) => ({ rel: link.getAttribute('rel'), type: link.getAttribute('type'), href: link.getAttribute('href') }));
  const root = feed.documentElement;
  const many = (of, names) => names.filter((name) => of.querySelectorAll(`:scope > ${name}`).length > 1);
  return {
    root: `${root.namespaceURI} ${root.localName}`,
    more: many(root, ['id', 'title', 'updated', 'subtitle', 'rights', 'generator']),
    id: text(root, 'id'), title: text(root, 'title'), updated: text(root, 'updated'), links: links(root),
    author: root.querySelector(':scope > author > name')?.textContent,
    entries: [...root.querySelectorAll(':scope > entry')].map((entry) => {
      const content = entry.querySelector(':scope > content');
      const html = new DOMParser().parseFromString(content.textContent, 'text/html');
      return {
        more: many(entry, ['id', 'title', 'updated', 'published', 'content', 'summary', 'rights']),
        id: text(entry, 'id'), title: text(entry, 'title'), updated: text(entry, 'updated'), published: text(entry, 'published'),
        author: entry.querySelector(':scope > author > name')?.textContent, uri: entry.querySelector(':scope > author > uri')?.textContent ?? null,
        links: links(entry), type: content.getAttribute('type'), text: html.body.textContent,
        names: [...new Set([...html.querySelectorAll('body *')].map((one) => one.localName))],
        attributes: [...new Set([...html.querySelectorAll('body *')].flatMap((one) => one.getAttributeNames()))],
        hrefs: [...html.querySelectorAll('[href]')].map((link) => link.getAttribute('href')),
      };
    }),
  };
}

const parse = (page, file) => page.evaluate(readAtom, readFileSync(file, 'utf8'));
const HARMLESS = { names: ['a', 'bdi', 'blockquote', 'i', 'li', 'p', 'strong', 'ul'], attributes: ['class', 'dir', 'href'] };

test('Atom: what RFC 4287 asks of a feed and of its entries', async (t) => {
  const { page } = await shared.visit(t, `${SITES}/small`);
  const feeds = [...files('feed.atom'), ...FOLDERS.map((folder) => `${folder}/discussions/feed.atom`)];
  for (const file of feeds) {
    const feed = await parse(page, file);
    assert.equal(feed.broken, undefined, file);
    assert.equal(feed.root, 'http://www.w3.org/2005/Atom feed', file);
    assert.deepEqual(feed.more, [], file);
    assert.match(feed.id, /^tag:[a-z0-9.-]+,\d{4}:/, file);
    assert.match(feed.updated, DATE, file);
    assert.ok(feed.title && feed.author, file);
    assert.equal(feed.links.filter(({ rel, type }) => rel === 'alternate' && type === 'text/html').length, 1, file);
    const ids = feed.entries.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, `${file}: each id once`);
    if (ids.length > 0) assert.equal(feed.updated, feed.entries.map(({ updated }) => updated).sort().at(-1), file);
    for (const entry of feed.entries) {
      const where = `${file} ${entry.id}`;
      assert.deepEqual(entry.more, [], where);
      assert.match(entry.id, /^tag:[a-z0-9.-]+,\d{4}:osmtracker\/changesets\/\d+$/, where);
      for (const date of [entry.updated, entry.published]) assert.match(date, DATE, where);
      assert.ok(entry.updated >= entry.published, where);
      assert.ok(entry.title.trim() && entry.author.trim(), where);
      if (entry.uri) assert.match(entry.uri, /^https?:\/\/[!-~]+$/, where);
      assert.equal(entry.links.filter(({ rel }) => rel === 'alternate').length, 1, where);
      assert.equal(entry.type, 'html', where);
      assert.ok(entry.text.trim().length > 20, where);
    }
  }
});

test('Atom: the HTML of entries holds nothing but text, lists and links', async (t) => {
  const { page } = await shared.visit(t, `${SITES}/small`);
  for (const file of [...files('feed.atom'), ...FOLDERS.map((folder) => `${folder}/discussions/feed.atom`)]) {
    for (const { id, names, attributes, hrefs } of (await parse(page, file)).entries) {
      assert.deepEqual(names.filter((name) => !HARMLESS.names.includes(name)), [], `${file} ${id}`);
      assert.deepEqual(attributes.filter((name) => !HARMLESS.attributes.includes(name)), [], `${file} ${id}`);
      assert.deepEqual(hrefs.filter((href) => !/^(https?:\/\/|\.\.\/|[a-z]+\/)/.test(href)), [], `${file} ${id}`);
    }
  }
});

test('Atom: an entry tells what the row tells, and leads to its page', async (t) => {
  const { page } = await shared.visit(t, DEMO);
  const { entries } = await parse(page, `${DEMO}/views/index/feed.atom`);
  const rows = await page.locator('.row').evaluateAll((all) => all.map((row) => ({
    id: row.id.slice(1),
    chips: [...row.querySelectorAll('.chip bdi')].map((one) => one.textContent),
    facts: [...row.querySelectorAll('.facts li')].map((one) => one.textContent.replace(/^affects /, '')),
  })));
  assert.equal(entries.length, rows.length);
  for (const [at, { id, chips }] of rows.entries()) {
    assert.ok(entries[at].id.endsWith(`/changesets/${id}`));
    assert.ok(entries[at].links.some(({ href }) => href.endsWith(`changesets/${id}/index.html`)));
    for (const words of chips) assert.ok(entries[at].text.includes(words), `${id}: ${words}`);
  }
});

test('Atom: links are absolute where the site has an address', { skip: !RECORDED && 'no recorded-upstream' }, async (t) => {
  const { page } = await shared.visit(t, `${SITES}/small`);
  const feed = await parse(page, `${RECORDED}/views/index/feed.atom`);
  assert.equal(feed.id, 'tag:recorded.example,2026:osmtracker/views/index');
  assert.ok(feed.links.some(({ rel, href }) => rel === 'self' && href === 'https://recorded.example/views/index/feed.atom'));
  for (const { links } of feed.entries) assert.match(links[0].href, /^https:\/\/recorded\.example\/changesets\/\d+\/index\.html$/);
});

test('JSON Feed: what version 1.1 asks', async () => {
  for (const file of files('recent.json')) {
    const feed = JSON.parse(readFileSync(file, 'utf8'));
    assert.equal(feed.version, 'https://jsonfeed.org/version/1.1', file);
    assert.ok(feed.title && feed.language, file);
    for (const address of [feed.home_page_url, feed.feed_url]) assert.ok(address === undefined || URL.canParse(address), file);
    const ids = feed.items.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, file);
    for (const item of feed.items) {
      const where = `${file} ${item.id}`;
      assert.equal(typeof item.id, 'string', where);
      for (const address of [item.url, item.external_url]) assert.match(address, /^https?:\/\/[!-~]+$/, where);
      for (const date of [item.date_published, item.date_modified]) assert.match(date, DATE, where);
      assert.ok(item.content_html.length > 20, where);
      assert.ok(item.authors.every(({ name, url }) => name && (url === undefined || /^https?:\/\/[!-~]+$/.test(url))), where);
      assert.ok(item.tags.every((tag) => typeof tag === 'string'), where);
      // Beyond the format, names begin with an underscore.
      const known = ['id', 'url', 'external_url', 'title', 'content_html', 'summary', 'date_published', 'date_modified', 'authors', 'tags'];
      assert.deepEqual(Object.keys(item).filter((name) => !known.includes(name) && !name.startsWith('_')), [], where);
    }
  }
});

test('both kinds of feed have the same entries with the same ids', async (t) => {
  const { page } = await shared.visit(t, `${SITES}/small`);
  for (const file of files('recent.json')) {
    const { items } = JSON.parse(readFileSync(file, 'utf8'));
    const { entries } = await parse(page, file.replace('recent.json', 'feed.atom'));
    assert.deepEqual(items.map(({ id, date_modified: updated }) => ({ id, updated })), entries.map(({ id, updated }) => ({ id, updated })), file);
  }
});
