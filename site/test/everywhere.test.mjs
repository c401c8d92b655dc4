// What holds on every page: no error, no report of the policy, no request elsewhere, valid HTML, usable by everyone.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import { HtmlValidate } from 'html-validate';
import { DESKTOP, PHONE, go, mapIsReady, painted } from './browser.mjs';
import { DEMO, RECORDED, SITES, suite } from './support.mjs';

const shared = suite();
const small = `${SITES}/small`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PAGES = ['', 'views/suspicious/', 'changesets/137003062/', 'changesets/137003100/', 'changesets/137003101/', 'changesets/137003102/', 'changesets/137003103/', 'changesets/137003104/', 'summary/', 'discussions/', 'about/'];
const SCHEMES = ['light', 'dark'];

/**
 * The contrast of a text with what is behind it. axe leaves that undecided for signs (`−`) and for what is scrolled away in
 * a box that scrolls, of which it cannot see the pixels; the colours are known all the same.
 */
function contrastOf(selector) {
  const channels = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const light = (rgb) => {
    const [red, green, blue] = rgb.map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const element = document.querySelector(selector);
  let behind = element;
  while (behind && channels(getComputedStyle(behind).backgroundColor).alpha < 1) behind = behind.parentElement;
  const [text, back] = [getComputedStyle(element).color, getComputedStyle(behind ?? document.body).backgroundColor].map((colour) => light(channels(colour).rgb));
  return (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
}

async function settle(page) {
  if (await page.locator('#map').count()) await mapIsReady(page);
  // The dialog and details are part of the page, too.
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => (one.open = true)));
  await painted(page);
}

async function findings(page) {
  // In a world of its own: the page's policy does not let a script in.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id });
  await session.send('Runtime.evaluate', { contextId, expression: axe });
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const run = `axe.run(document, { runOnly: ${JSON.stringify(tags)}, resultTypes: ['violations', 'incomplete'] })
    .then(({ violations, incomplete }) => JSON.stringify({ violations, incomplete }))`;
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { contextId, expression: run, awaitPromise: true });
  assert.equal(exceptionDetails, undefined);
  const { violations, incomplete } = JSON.parse(result.value);
  const told = ({ id, nodes }) => nodes.map((node) => ({ id, at: node.target.join(' '), html: node.html.slice(0, 120), why: [...node.any, ...node.all, ...node.none].map(({ data, message }) => data?.messageKey ?? message).join(' ') }));
  const undecided = [];
  for (const one of incomplete.flatMap(told)) {
    const contrast = one.id === 'color-contrast' ? await page.evaluate(contrastOf, one.at) : 0;
    if (contrast < 4.5) undecided.push({ ...one, contrast });
  }
  return { violations: violations.flatMap(told), undecided };
}

for (const [name, device] of [['desktop', DESKTOP], ['phone', PHONE]]) {
  for (const colorScheme of SCHEMES) {
    test(`axe finds nothing, ${name}, ${colorScheme}`, async (t) => {
      const { page, wrong, server } = await shared.visit(t, small, '', { ...device, colorScheme });
      for (const path of PAGES) {
        await go(page, server.url + path);
        await settle(page);
        assert.deepEqual(await findings(page), { violations: [], undecided: [] }, path);
      }
      assert.deepEqual(wrong, []);
    });
  }
}

test('on paper it is dark on white, without controls', async (t) => {
  for (const path of ['', 'changesets/137003062/', 'summary/']) {
    const { page } = await shared.visit(t, small, path, { colorScheme: 'dark' });
    await settle(page);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
    for (const control of ['header.site nav', '#tools', '#live', '.map-tools', '.languages']) {
      assert.equal(await page.locator(`${control}:visible`).count(), 0, `${path} ${control}`);
    }
    const { violations } = await findings(page);
    assert.deepEqual(violations.filter(({ id }) => id === 'color-contrast'), [], path);
  }
});

test('axe notices what is wrong', async (t) => {
  const { page } = await shared.visit(t, small);
  await page.evaluate(() => document.querySelector('main').append(document.createElement('img')));
  assert.ok((await findings(page)).violations.some(({ id }) => id === 'image-alt'));
  // And what it leaves to us.
  await page.evaluate(() => document.querySelector('.chip.delete .sign').style.setProperty('color', '#999'));
  assert.ok((await findings(page)).undecided.some(({ html }) => html.includes('sign')));
});

test('no page is wider than a phone', async (t) => {
  const { page, server } = await shared.visit(t, small, '', PHONE);
  for (const path of PAGES) {
    await go(page, server.url + path);
    await settle(page);
    const { scroll, screen } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, screen: window.innerWidth }));
    assert.ok(scroll <= screen, `${path}: ${scroll} > ${screen}`);
  }
});

test('the demo: no error, no report of the policy, no request elsewhere, on its lists and ten changesets', async (t) => {
  const { page, wrong, server } = await shared.visit(t, DEMO);
  const links = await page.locator('.row h2 a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  const views = await page.locator('header nav a').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  for (const path of [...views, ...links.slice(0, 10)]) {
    await go(page, server.url + path);
    if (await page.locator('#map').count()) await mapIsReady(page);
    assert.deepEqual(wrong, [], path);
  }
  assert.ok(links.length === 100 && views.length >= 6);
});

test('the keyboard alone reaches everything', async (t) => {
  for (const path of ['', 'changesets/137003062/', 'changesets/137003102/', 'summary/', 'discussions/', 'about/']) {
    const { page } = await shared.visit(t, small, path);
    await settle(page);
    const wanted = await page.evaluate(() => {
      const able = 'a[href], button, input, select, summary, [tabindex="0"]';
      const reachable = [...document.querySelectorAll(able)].filter((one) => {
        const radio = one instanceof HTMLInputElement && one.type === 'radio' && !one.checked;
        return !radio && !one.disabled && one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false });
      });
      reachable.forEach((one, at) => (one.dataset.tab = String(at)));
      document.activeElement?.blur();
      return reachable.length;
    });
    const reached = new Set();
    for (let n = 0; n < wanted + 10; n++) {
      await page.keyboard.press('Tab');
      const tab = await page.evaluate(() => document.activeElement?.dataset.tab ?? null);
      if (tab) reached.add(tab);
    }
    const missed = await page.evaluate((seen) => [...document.querySelectorAll('[data-tab]')].filter((one) => !seen.includes(one.dataset.tab)).map((one) => one.outerHTML.slice(0, 100)), [...reached]);
    assert.deepEqual(missed, [], path);
    await page.context().close();
  }
});

test('the HTML is valid', async () => {
  const validator = new HtmlValidate({
    extends: ['html-validate:recommended'],
    rules: {
      'doctype-style': 'off',
      'long-title': 'off',
      // Authors' own words end with blanks and hold long lines.
      'no-trailing-whitespace': 'off',
      // The script sends the search; Enter has nothing to send.
      'wcag/h32': 'off',
      'no-raw-characters': 'off',
      // A group of boxes that filter one list.
      'form-dup-name': ['error', { allowArrayBrackets: true, shared: ['radio', 'checkbox', 'submit', 'button', 'reset'] }],
      'unique-landmark': 'error',
      'prefer-native-element': 'off',
      'aria-label-misuse': ['error', { allowAnyNamable: true }],
    },
  });
  const pages = (folder) => readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.html')).map((path) => join(folder, path));
  const wrong = [];
  for (const file of [...pages(small), ...pages(`${SITES}/hostile`), ...pages(DEMO).slice(0, 40), ...(RECORDED ? pages(RECORDED).filter((file) => !/1750000(14|15|16)/.test(file)) : [])]) {
    const report = await validator.validateString(readFileSync(file, 'utf8'), file);
    for (const { messages } of report.results) {
      wrong.push(...messages.map((one) => `${file}:${one.line} ${one.ruleId}: ${one.message}`));
    }
  }
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} complaints`);
});

test('every word of the site is there in German', async (t) => {
  const { page, server } = await shared.visit(t, small, '', { locale: 'de-DE' });
  const english = /\b(the|of|and|is|are|changesets?|nodes?|ways?|members?|created|modified|deleted|before|after|comments?|more|not|yet|show|search|analysis|elements?|users?)\b/i;
  for (const path of PAGES) {
    await go(page, server.url + path);
    await settle(page);
    const words = await page.evaluate(() => {
      const foreign = 'bdi, [dir], [data-own], code, kbd, time, script, svg a';
      const found = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
        node instanceof Element && node.matches(foreign) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
      for (let node = walker.currentNode; node; node = walker.nextNode()) {
        if (node instanceof Text) found.push(node.data.trim());
        else for (const name of ['title', 'aria-label', 'placeholder']) found.push(node.getAttribute(name) ?? '');
      }
      return found.filter(Boolean);
    });
    const known = ['Open Database License', 'JSON feed'];
    // One sentence is from the pipeline: why an analysis failed. Titles of labels are the operator's.
    const left = words.filter((text) => english.test(text) && !known.includes(text) && !text.includes('ends early') && !text.startsWith(': ') && !/^(node|way|relation)\/\d+/.test(text));
    assert.deepEqual(left, [], path);
  }
});
