import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESKTOP, PHONE, go, mapIsReady, until } from './browser.mjs';
import { SITES, suite } from './support.mjs';

const shared = suite();
const small = `${SITES}/small`;
const changeset = 'changesets/137003062/';

/** What is really drawn: the features of all layers of the diff, by layer. */
const drawn = (page) =>
  page.evaluate(async () => {
    const map = document.querySelector('.map-canvas').map;
    await new Promise((resolve) => {
      map.once('idle', resolve);
      map.triggerRepaint();
    });
    const found = {};
    for (const { layer, properties, source } of map.queryRenderedFeatures()) {
      if (source !== 'diff') continue;
      found[layer.id] ??= [];
      const name = `${properties.key} ${properties.side}`;
      if (!found[layer.id].includes(name)) found[layer.id].push(name);
    }
    for (const names of Object.values(found)) names.sort();
    return found;
  });

async function ready(t, path = changeset, options = {}, folder = small) {
  const visit = await shared.visit(t, folder, path, options);
  await mapIsReady(visit.page);
  return visit;
}

test('created, deleted, old and new ways, moved nodes and members are drawn, each in its own layer', async (t) => {
  const { page, wrong } = await ready(t);
  const layers = await drawn(page);
  assert.deepEqual(layers.created, ['way/10 new']);
  assert.deepEqual(layers.deleted, ['way/12 old']);
  assert.deepEqual(layers.old, ['way/11 old']);
  assert.deepEqual(layers.changed, ['way/11 new']);
  assert.deepEqual(layers.moved, ['way/13 new', 'way/13 old']);
  assert.deepEqual(layers.move, ['node/3 both', 'node/5 both']);
  assert.deepEqual(layers.arrow, ['node/3 both', 'node/5 both']);
  assert.ok(layers.metres.length > 0, 'the metres of a move are drawn');
  assert.deepEqual(layers.member, ['relation/20 both', 'relation/20 new', 'relation/20 old']);
  const nodes = [...layers.node, ...layers.corner];
  assert.ok(nodes.includes('node/1 new') && nodes.includes('node/4 old'), 'with tags and without');
  assert.deepEqual(wrong, []);
});

test('the counts of actions are those of the changeset', async (t) => {
  const { page } = await ready(t);
  const counts = await page.locator('.toggle').evaluateAll((all) => all.map((one) => `${one.dataset.group} ${one.querySelector('.n').textContent}`));
  assert.deepEqual(counts, ['create 3', 'modify 3', 'delete 2', 'moved 1', 'member 1']);
});

test('before and after, by button and key, and in the address', async (t) => {
  const { page } = await ready(t);
  await page.keyboard.press('b');
  let layers = await drawn(page);
  assert.equal(layers.created, undefined);
  assert.equal(layers.changed, undefined);
  assert.deepEqual(layers.old, ['way/11 old']);
  assert.equal(layers.arrow, undefined);
  assert.equal(new URL(page.url()).searchParams.get('side'), 'before');
  await page.getByText('After', { exact: true }).click();
  layers = await drawn(page);
  assert.deepEqual(layers.created, ['way/10 new']);
  assert.equal(layers.deleted, undefined);
  await page.keyboard.press('o');
  await drawn(page);
  assert.equal(new URL(page.url()).searchParams.get('side'), null);
});

test('actions are switched off and on, and in the address', async (t) => {
  const { page } = await ready(t, `${changeset}?off=create,member`);
  let layers = await drawn(page);
  assert.equal(layers.created, undefined);
  assert.equal(layers.member, undefined);
  assert.deepEqual(layers.changed, ['way/11 new']);
  await page.click('[data-group=create]');
  await page.click('[data-group=modify]');
  layers = await drawn(page);
  assert.deepEqual(layers.created, ['way/10 new']);
  assert.equal(layers.changed, undefined);
  assert.equal(new URL(page.url()).searchParams.get('off'), 'member,modify');
});

test('an address with an element selects it in the list and on the map', async (t) => {
  const { page } = await ready(t, `${changeset}#way-11`);
  assert.ok(await page.locator('#way-11.selected[open]').count());
  assert.match(await page.locator('.map-card').textContent(), /Tværstien.*way\/11/);
  const states = await page.evaluate(() => {
    const map = document.querySelector('.map-canvas').map;
    const found = map.queryRenderedFeatures().filter((one) => one.properties.key === 'way/11' && one.source === 'diff');
    return found.map((one) => one.state.selected === true);
  });
  assert.ok(states.length > 0 && states.every(Boolean));
});

test('a click in the list selects on the map, and Escape lets go', async (t) => {
  const { page } = await ready(t);
  await page.locator('#way-12 > summary').click();
  assert.equal(new URL(page.url()).hash, '#way-12');
  assert.match(await page.locator('.map-card').textContent(), /way\/12/);
  await page.keyboard.press('Escape');
  assert.equal(new URL(page.url()).hash, '');
  assert.ok(await page.locator('.map-card').isHidden());
});

test('an open element that is looked for on the map stays open, by its head and by its button', async (t) => {
  const { page } = await ready(t, changeset, PHONE);
  const isOpen = (id) => page.locator(`#${id}`).evaluate((element) => element.open);
  assert.ok(await isOpen('way-12'), 'few elements are open from the start');
  await page.locator('#way-12 > summary').click();
  assert.ok(await isOpen('way-12'));
  await page.locator('#way-12 > summary').click();
  assert.ok(!(await isOpen('way-12')), 'a selected one closes');
  await page.locator('#way-11 .on-map').click();
  assert.equal(new URL(page.url()).hash, '#way-11');
  assert.ok(await isOpen('way-11'));
  await until(page, 'the map in sight', () => Math.abs(document.querySelector('#map').getBoundingClientRect().top) < 200);
});

test('the address of an element shows it to others, wherever the map was before', async (t) => {
  const { page, server } = await ready(t);
  const moved = () => new URL(page.url()).searchParams.get('map');
  const away = async () => {
    await page.locator('.maplibregl-ctrl-zoom-out').click();
    await until(page, 'the map in the address', () => new URLSearchParams(location.search).get('map'));
  };
  await away();
  await page.locator('#way-12 > summary').click();
  assert.equal(moved(), null);
  await away();
  await page.click('#whole');
  assert.equal(moved(), null);
  await away();
  await page.evaluate(() => (location.hash = '#way-11'));
  await until(page, 'the card of the other', () => document.querySelector('.map-card').textContent.includes('way/11'));
  assert.equal(moved(), null);
  assert.ok(page.url().startsWith(server.url));
});

test('a map on which nothing is left says why, and where this is on OpenStreetMap', async (t) => {
  const { page } = await ready(t);
  const words = () => page.locator('.map-state').textContent();
  assert.match(await page.getAttribute('#place', 'href'), /^https:\/\/www\.openstreetmap\.org\/#map=\d+\/-19\.0\d+\/-169\.\d+$/);
  assert.equal(await words(), '');
  for (const group of ['create', 'modify', 'delete', 'moved', 'member']) await page.click(`[data-group=${group}]`);
  assert.equal(await words(), 'All that there is to draw is switched off.');
  await page.click('[data-group=delete]');
  assert.equal(await words(), '');
  const deleted = (key, bytes) => {
    if (!key.endsWith('diff.geojson')) return bytes;
    const diff = JSON.parse(bytes.toString());
    return Buffer.from(JSON.stringify({ ...diff, features: diff.features.filter((one) => one.properties.action === 'delete') }));
  };
  const gone = await ready(t, `${changeset}?side=after`, { change: deleted });
  assert.equal(await gone.page.locator('.map-state').textContent(), 'Nothing of it is there afterwards.');
});

test('a way that only moved with a node does not decide what the map shows first', async (t) => {
  const far = (key, bytes) => {
    if (!key.endsWith('diff.geojson')) return bytes;
    const diff = JSON.parse(bytes.toString());
    for (const { geometry, properties } of diff.features) {
      if (properties.via_nodes && geometry.type === 'LineString') geometry.coordinates.push([-160, -10]);
    }
    return Buffer.from(JSON.stringify(diff));
  };
  const zoom = ({ page }) => page.evaluate(() => document.querySelector('.map-canvas').map.getZoom());
  const [usual, stretched] = [await zoom(await ready(t)), await zoom(await ready(t, changeset, { change: far }))];
  assert.ok(stretched >= usual, `${usual} ${stretched}`);
});

test('many nodes without tags are dots that hide nobody\'s colour, until they have room', async (t) => {
  const { page } = await ready(t, 'changesets/1000/', {}, `${SITES}/large`);
  const count = async () => {
    const layers = await drawn(page);
    return [layers.dot?.length ?? 0, layers.corner?.length ?? 0];
  };
  const [dots, corners] = await count();
  assert.ok(dots > 50 && corners === 0, `${dots} dots, ${corners} shapes`);
  await page.evaluate(() => {
    const map = document.querySelector('.map-canvas').map;
    const one = map.queryRenderedFeatures({ layers: ['dot'] })[0];
    map.jumpTo({ center: one.geometry.coordinates, zoom: 18 });
  });
  const [near, shapes] = await count();
  assert.ok(near === 0 && shapes > 0, `${near} dots, ${shapes} shapes from near`);
});

test('clicks on the map cycle through what overlaps, and select it in the list', async (t) => {
  const { page } = await ready(t);
  const canvas = await page.locator('.map-canvas').boundingBox();
  const point = await page.evaluate(() => document.querySelector('.map-canvas').map.project([-169.895, -19.06]));
  const keys = [];
  for (let n = 0; n < 4; n++) {
    const before = page.url();
    await page.mouse.click(canvas.x + point.x, canvas.y + point.y);
    await until(page, 'another element is selected', (old) => location.href !== old, before);
    keys.push(await page.evaluate(() => location.hash));
  }
  assert.ok(new Set(keys).size >= 2, `several elements in turn: ${keys}`);
  assert.ok(keys.includes('#way-12') && keys.includes('#way-11'), keys.join());
  assert.ok(await page.locator('.element.selected').count());
  assert.match(await page.locator('.map-card').textContent(), /click again for the next/);
});

test('what the reader moves the map to is in the address, and comes back from there', async (t) => {
  const { page, server } = await ready(t);
  await page.locator('.maplibregl-ctrl-zoom-in').click();
  await until(page, 'the map in the address', () => new URLSearchParams(location.search).get('map'));
  const address = page.url();
  await page.goto('about:blank');
  await go(page, address);
  await mapIsReady(page);
  const zoom = await page.evaluate(() => document.querySelector('.map-canvas').map.getZoom());
  const [wanted] = new URL(address).searchParams.get('map').split('/').map(Number);
  assert.ok(Math.abs(zoom - wanted) < 0.02, `${zoom} ${wanted}`);
  assert.ok(server.state.asked.length > 0);
});

test('a map that fails to load says so, and a retry brings it', async (t) => {
  const broken = { now: true };
  const change = (key, bytes) => {
    if (broken.now && key.endsWith('diff.geojson')) throw new Error('broken');
    return bytes;
  };
  const { page } = await ready(t, changeset, { change });
  assert.equal(await page.locator('#map').getAttribute('data-state'), 'failed');
  assert.match(await page.locator('.map-state').textContent(), /could not be loaded/);
  broken.now = false;
  await page.getByRole('button', { name: 'Try again' }).click();
  await until(page, 'the map', () => document.querySelector('#map').dataset.state === 'ready');
});

test('a changeset without places says why nothing is drawn', async (t) => {
  const change = (key, bytes) =>
    key.endsWith('diff.geojson') ? Buffer.from('{"type":"FeatureCollection","schema":1,"changeset":1,"features":[]}') : bytes;
  const { page } = await ready(t, changeset, { change });
  assert.equal(await page.locator('#map').getAttribute('data-state'), 'empty');
  assert.match(await page.locator('.map-state').textContent(), /^Nothing to draw/);
});

test('a changeset that is not analysed has no map and says so', async (t) => {
  const { page, wrong } = await shared.visit(t, small, 'changesets/137003100/');
  assert.equal(await page.locator('#map').count(), 0);
  assert.match(await page.locator('main').textContent(), /once the changeset is analysed/);
  assert.deepEqual(wrong, []);
});

test('5,000 elements are drawn in a simple way, with their number', async (t) => {
  const { page } = await ready(t, 'changesets/5000/', {}, `${SITES}/large`);
  assert.match(await page.locator('.map-state').textContent(), /^5,000 elements/);
  assert.match(await page.locator('#elements .notice').textContent(), /2,000 of/);
  const layers = await drawn(page);
  assert.equal(layers.arrow, undefined);
  assert.ok(layers.created.length > 500);
  // From near everything is drawn, and nothing else is said.
  await page.evaluate(() => document.querySelector('.map-canvas').map.jumpTo({ zoom: 16 }));
  await until(page, 'no words over the map', () => document.querySelector('.map-state').textContent === '');
});

test('the land is drawn from far, and can be switched off', async (t) => {
  const { page } = await ready(t, `${changeset}?map=4.00/-19.00000/-169.90000`, PHONE);
  const visible = () => page.evaluate(() => document.querySelector('.map-canvas').map.getLayoutProperty('land', 'visibility'));
  await until(page, 'the land', () => document.querySelector('.map-canvas').map.isSourceLoaded('land'));
  assert.equal(await visible(), 'visible');
  const land = await page.evaluate(() => document.querySelector('.map-canvas').map.querySourceFeatures('land').length);
  assert.ok(land > 0);
  await page.selectOption('[name=background]', 'none');
  assert.equal(await visible(), 'none');
});

test('without scripts the page has its whole width, and says what is missing', async (t) => {
  const { page } = await shared.visit(t, small, changeset, { ...DESKTOP, javaScriptEnabled: false });
  assert.ok(await page.getByText('The map of the changes needs scripts.').isVisible());
  const [article, summary] = await Promise.all(['article.changeset', 'section[aria-labelledby=summary]'].map((one) => page.locator(one).boundingBox()));
  assert.ok(summary.width > 0.9 * article.width, `${summary.width} of ${article.width}`);
});
