import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESKTOP, PHONE, go, painted, until } from './browser.mjs';
import { SITES, pollEachSecond, suite } from './support.mjs';

const shared = suite();
const small = `${SITES}/small`;
const many = `${SITES}/many`;
const shown = (page) => page.locator('.row:not([hidden])').count();
const shownIds = (page) => page.locator('.row:not([hidden])').evaluateAll((rows) => rows.map((row) => row.id));
const query = (page) => new URL(page.url()).searchParams;

test('search looks at users, comments and tags, and stands in the address', async (t) => {
  const { page, wrong } = await shared.visit(t, small);
  for (const [words, rows] of [['alofi', 1], ['TVÆRSTIEN', 2], ['building=yes', 1], ['alofi tværstien', 1], ['nothing like it', 0]]) {
    await page.fill('[name=q]', words);
    assert.equal(await shown(page), rows, words);
    assert.equal(query(page).get('q'), words);
    assert.equal(await page.locator('#unfit').isVisible(), rows === 0);
  }
  assert.deepEqual(wrong, []);
});

test('filters, alone and together', async (t) => {
  const { page } = await shared.visit(t, small);
  await page.click('.filters summary');
  for (const [flag, rows] of [['flagged', 1], ['no-comment', 5], ['no-source', 5], ['discussed', 1], ['review', 0], ['bot', 0]]) {
    await page.check(`[name=only][value=${flag}]`);
    assert.equal(await shown(page), rows, flag);
    assert.equal(query(page).get('only'), flag);
    await page.uncheck(`[name=only][value=${flag}]`);
  }
  await page.fill('[name=min]', '200');
  assert.equal(await shown(page), 4);
  await page.check('[name=only][value=flagged]');
  assert.equal(await shown(page), 0);
  await page.click('[type=reset]');
  await until(page, 'the reset', () => document.querySelectorAll('.row:not([hidden])').length === 6);
  assert.equal(new URL(page.url()).search, '');
});

test('a word can be looked for in one fact, be unwanted, and hold spaces; a number is a changeset', async (t) => {
  const { page, wrong } = await shared.visit(t, small);
  const looks = [
    ['user:tværstien', 2], ['user:alofi', 0], ['-user:tværstien', 4], ['editor:id', 4], ['-editor:id', 2], ['label:mass', 1],
    ['-label:mass tværstien', 1], ['"tracks around"', 1], ['"around tracks"', 0], ['137003104', 1], ['user:', 6], ['-', 6],
  ];
  for (const [words, rows] of looks) {
    await page.fill('[name=q]', words);
    assert.equal(await shown(page), rows, words);
  }
  await page.click('#help-button');
  assert.ok(await page.getByText('in the name of its user alone').isVisible());
  assert.deepEqual(wrong, []);
});

test('the way back from a changeset is to the list with its search', async (t) => {
  const { page, server } = await shared.visit(t, small);
  await page.fill('[name=q]', 'user:tværstien');
  await page.locator('.row:not([hidden]) h2 a').last().click();
  await page.waitForURL(/changesets\/\d+/);
  await page.click('#back');
  await page.waitForURL(/q=user/);
  await until(page, 'the search again', () => document.querySelectorAll('.row:not([hidden])').length === 2);
  assert.ok(page.url().startsWith(server.url));
});

test('JOSM opens beside the page, and is not offered where it cannot run', async (t) => {
  const desktop = await shared.visit(t, small, '', DESKTOP);
  const josm = (page) => page.locator('.row .links a', { hasText: 'JOSM' }).first();
  assert.equal(await josm(desktop.page).getAttribute('target'), '_blank');
  const phone = await shared.visit(t, small, '', PHONE);
  assert.ok(await josm(phone.page).isHidden());
});

test('sorting by changes and back to newest first', async (t) => {
  const { page } = await shared.visit(t, small);
  const sent = await shownIds(page);
  await page.selectOption('[name=sort]', 'changes');
  const changes = await page.locator('.row').evaluateAll((rows) => rows.map((row) => Number(row.dataset.changes)));
  assert.deepEqual(changes, [...changes].sort((a, b) => b - a));
  await page.selectOption('[name=sort]', 'newest');
  assert.deepEqual(await shownIds(page), sent);
});

test('an address with a search shows it, and the back button takes it away', async (t) => {
  const { page, server } = await shared.visit(t, small, '?q=alofi&only=flagged&sort=user&min=10');
  assert.equal(await shown(page), 1);
  assert.equal(await page.inputValue('[name=q]'), 'alofi');
  assert.equal(await page.inputValue('[name=sort]'), 'user');
  await go(page, server.url);
  await page.fill('[name=q]', 'nobody');
  assert.equal(await shown(page), 0);
  await page.goBack();
  await until(page, 'all rows again', () => document.querySelectorAll('.row:not([hidden])').length === 6);
  assert.equal(await page.inputValue('[name=q]'), '');
});

test('keys: search, next and previous row, open, help', async (t) => {
  const { page } = await shared.visit(t, small);
  const row = () => page.evaluate(() => document.activeElement?.closest('.row')?.id ?? null);
  const ids = await shownIds(page);
  await page.keyboard.press('j');
  assert.equal(await row(), ids[0]);
  await page.keyboard.press('j');
  assert.equal(await row(), ids[1]);
  await page.keyboard.press('k');
  assert.equal(await row(), ids[0]);
  await page.keyboard.press('?');
  assert.ok(await page.locator('#help').isVisible());
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('jk?');
  assert.equal(await page.inputValue('[name=q]'), 'jk?');
  await page.fill('[name=q]', '');
  await page.locator('.row h2 a').nth(1).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/changesets\/\d+/);
});

test('times are relative to now, the moment itself in the title', async (t) => {
  const { page } = await shared.visit(t, small);
  const time = page.locator('.row time').first();
  assert.match(await time.textContent(), /ago$/);
  await time.hover();
  assert.match(await time.getAttribute('title'), /2026/);
});

test('a new generation comes by itself at the top', async (t) => {
  const { page, server, wrong } = await shared.visit(t, small, '', { change: pollEachSecond });
  await until(page, 'the first status', () => document.querySelector('#live')?.dataset.state === 'live');
  server.state.folder = `${SITES}/later`;
  await until(page, 'two more rows', () => document.querySelectorAll('.row').length === 8);
  const ids = await shownIds(page);
  assert.equal(new Set(ids).size, 8);
  assert.ok(await page.locator('#new-rows').isHidden());
  assert.deepEqual(wrong, []);
});

test('new rows never move the reader: they wait behind a button', async (t) => {
  const { page, server } = await shared.visit(t, small, '', { change: pollEachSecond, viewport: { width: 390, height: 500 } });
  await until(page, 'the first status', () => document.querySelector('#live')?.dataset.state === 'live');
  await page.evaluate(() => window.scrollTo(0, 700));
  await painted(page);
  const place = () => page.evaluate(() => document.querySelectorAll('.row')[1].getBoundingClientRect().top);
  const before = await place();
  server.state.folder = `${SITES}/later`;
  await page.locator('#new-rows', { hasText: 'Show 2 new changesets' }).waitFor();
  assert.equal(await shown(page), 6);
  assert.ok(Math.abs((await place()) - before) < 2, 'the rows stay where they are');
  await page.click('#new-rows');
  assert.equal(await shown(page), 8);
  assert.equal(await page.evaluate(() => document.activeElement?.closest('.row')?.id), (await shownIds(page))[0]);
});

test('new rows obey the search, and pause stops looking', async (t) => {
  const { page, server } = await shared.visit(t, small, '?q=changeset+number', { clock: true });
  await until(page, 'the first status', () => document.querySelector('#live')?.dataset.state === 'live');
  assert.equal(await shown(page), 0);
  await page.click('#pause');
  server.state.folder = `${SITES}/later`;
  server.state.asked.length = 0;
  await page.clock.runFor(10 * 60_000);
  // Whatever was asked before this has arrived before it.
  await page.evaluate(() => fetch('about/'));
  assert.deepEqual(server.state.asked, ['/about/index.html']);
  await page.click('#pause');
  await until(page, 'the new rows that fit', () => document.querySelectorAll('.row:not([hidden])').length === 2);
});

test('a page that nobody looks at asks for nothing', async (t) => {
  const { page, server } = await shared.visit(t, small, '', { clock: true });
  await until(page, 'the first status', () => document.querySelector('#live')?.dataset.state === 'live');
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
  server.state.asked.length = 0;
  await page.clock.runFor(10 * 60_000);
  await page.evaluate(() => fetch('about/'));
  assert.deepEqual(server.state.asked, ['/about/index.html']);
});

test('a site that stands still says so', async (t) => {
  const old = (key, bytes) =>
    key === '/status.json' ? Buffer.from(bytes.toString().replace(/"published_at":"[^"]+"/, '"published_at":"2026-11-20T08:00:00Z"')) : bytes;
  const { page } = await shared.visit(t, small, '', { change: old });
  await until(page, 'that it is old', () => document.querySelector('#live')?.dataset.state === 'stale');
  assert.match(await page.textContent('#live-words'), /^not updated since .* ago$/);
});

test('a server that is away is told and waited for', async (t) => {
  const away = { now: false };
  const change = (key, bytes) => {
    if (away.now && key === '/status.json') throw new Error('away');
    return pollEachSecond(key, bytes);
  };
  const { page } = await shared.visit(t, small, '', { change });
  await until(page, 'live', () => document.querySelector('#live')?.dataset.state === 'live');
  away.now = true;
  await until(page, 'offline', () => document.querySelector('#live')?.dataset.state === 'offline');
  away.now = false;
  await until(page, 'live again', () => document.querySelector('#live')?.dataset.state === 'live');
});

test('older hours come on demand, once each, up to the last', async (t) => {
  const { page, wrong } = await shared.visit(t, many, '', PHONE);
  const button = page.getByRole('button', { name: 'Load older changesets' });
  let before = await shown(page);
  assert.equal(before, 100);
  for (let n = 0; n < 3; n++) {
    await button.click();
    await until(page, 'more rows', (count) => document.querySelectorAll('.row').length > count, before);
    const ids = await shownIds(page);
    assert.equal(new Set(ids).size, ids.length);
    const times = await page.locator('.row .who time').evaluateAll((all) => all.map((time) => time.dateTime));
    assert.deepEqual(times, [...times].sort().reverse());
    before = ids.length;
  }
  const href = await page.locator('.row h2 a').last().getAttribute('href');
  assert.match(href, /^changesets\/\d+\/index\.html$/);
  assert.deepEqual(wrong, []);
});

test('a click for older ones brings what fits the search, and says how far it looked', async (t) => {
  const { page } = await shared.visit(t, many, '?q=label:mass', DESKTOP);
  const before = await shown(page);
  assert.match(await page.textContent('#shown'), /^\d+ of the newest 100 changesets, of 1,100$/);
  await page.getByRole('button', { name: 'Load older changesets' }).click();
  await until(page, 'what was found', () => / found, back to /.test(document.querySelector('#older-hours [role=status]').textContent));
  const found = Number(/^[\d,]+/.exec(await page.textContent('#older-hours [role=status]'))[0]);
  assert.equal(await shown(page), before + found);
  assert.ok(found > 0);
  // The first that came has the focus.
  assert.ok(await page.evaluate(() => document.activeElement.closest('.row:not([hidden])') !== null));
});

test('the words about the rows do not lie on top of them', async (t) => {
  const { page } = await shared.visit(t, many, '', PHONE);
  const background = await page.locator('#count').evaluate((words) => getComputedStyle(words).backgroundColor);
  assert.doesNotMatch(background, /^rgba\(0, 0, 0, 0\)$|transparent/);
});

test('older hours on the page of a view bring its own changesets, with links that lead on', async (t) => {
  const { page, server } = await shared.visit(t, many, 'views/suspicious/', DESKTOP);
  const before = await shown(page);
  await page.getByRole('button', { name: 'Load older changesets' }).click();
  await until(page, 'more rows', (count) => document.querySelectorAll('.row').length > count, before);
  const marks = await page.locator('.row').evaluateAll((rows) => rows.map((row) => row.dataset.is));
  assert.ok(marks.every((mark) => mark.includes('flagged')), marks.join('; '));
  const address = await page.locator('.row h2 a').last().evaluate((link) => link.href);
  assert.ok(address.startsWith(`${server.url}changesets/`), address);
});

test('without scripts the rows, links and older hours are there', async (t) => {
  const { page } = await shared.visit(t, many, '', { javaScriptEnabled: false });
  assert.equal(await shown(page), 100);
  assert.ok(await page.locator('#tools').isHidden());
  assert.ok((await page.locator('#older-hours a').count()) > 5);
});

test('a reader of German reads German, and can choose English', async (t) => {
  const { page, wrong } = await shared.visit(t, small, '', { locale: 'de-DE' });
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  assert.equal(await page.locator('h1 span').first().textContent(), 'Änderungssätze');
  assert.match(await page.locator('.row time').first().textContent(), /^vor /);
  assert.match(await page.locator('.row h2').first().textContent(), /Kein Kommentar/);
  await page.getByRole('button', { name: 'English' }).click();
  await until(page, 'English', () => document.documentElement.lang === 'en' && document.readyState === 'complete');
  assert.equal(await page.locator('h1 span').first().textContent(), 'Changesets');
  assert.deepEqual(wrong, []);
});
