// What lies under the map: the operator's choice, and no server but the chosen one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapIsReady, until } from './browser.mjs';
import { SITES, suite } from './support.mjs';
import { pmtiles, tileServer } from './tiles.mjs';

const shared = suite();
const changeset = 'changesets/137003062/';
const layer = (page, id) => page.evaluate((name) => document.querySelector('.map-canvas').map.getLayoutProperty(name, 'visibility'), id);
const choose = (page, name) => page.selectOption('[name=background]', name);

/** The colour in the middle of the map, where nothing of the diff is drawn. */
const pixel = (page) =>
  page.evaluate(async () => {
    const map = document.querySelector('.map-canvas').map;
    const { width, height } = map.getCanvas();
    const seen = new Uint8Array(4);
    await new Promise((done) => {
      map.once('render', () => {
        const gl = map.getCanvas().getContext('webgl2');
        gl.readPixels(Math.round(width / 4), Math.round(height / 8), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, seen);
        done();
      });
      map.triggerRepaint();
    });
    return [...seen].slice(0, 3);
  });

test('images of a tile server, with its attribution and our Referer', async (t) => {
  const tiles = await tileServer();
  t.after(() => tiles.close());
  const change = (_key, bytes) => (bytes.includes('http://tiles.invalid') ? Buffer.from(bytes.toString().replaceAll('http://tiles.invalid', tiles.origin)) : bytes);
  const { page, wrong, server } = await shared.visit(t, `${SITES}/raster`, changeset, { change });
  await mapIsReady(page);
  await until(page, 'the tiles are drawn', () => document.querySelector('.map-canvas').map.areTilesLoaded());
  assert.deepEqual(await pixel(page), [200, 60, 160]);
  assert.ok(tiles.asked.length > 0);
  for (const { path, referer } of tiles.asked) {
    assert.match(path, /^\/\d+\/\d+\/\d+\.png$/);
    assert.equal(referer, server.url, 'tile servers ask for a Referer');
  }
  assert.match(await page.locator('.map-credit').textContent(), /OpenStreetMap contributors.*The tiles' makers/);
  await choose(page, 'none');
  assert.equal(await layer(page, 'tiles'), 'none');
  assert.notDeepEqual(await pixel(page), [200, 60, 160]);
  await choose(page, 'raster');
  assert.equal(await layer(page, 'tiles'), 'visible');
  assert.deepEqual(wrong, []);
});

test('a tile server that is away leaves the changes on the map', async (t) => {
  const change = (_key, bytes) => (bytes.includes('http://tiles.invalid') ? Buffer.from(bytes.toString().replaceAll('http://tiles.invalid', 'http://127.0.0.1:9')) : bytes);
  const { page } = await shared.visit(t, `${SITES}/raster`, changeset, { change });
  await until(page, 'the map', () => document.querySelector('#map').dataset.state === 'ready');
  const drawn = () => document.querySelector('.map-canvas').map.queryRenderedFeatures({ layers: ['created'] }).length;
  await until(page, 'the diff', drawn);
});

test('vector tiles from one file of the site, read in parts', async (t) => {
  const file = pmtiles();
  // Below a folder of its host, as many sites are.
  const options = { files: { '/pmtiles/maps/area.pmtiles': file }, front: 'pmtiles/index.html' };
  const { page, wrong, server } = await shared.visit(t, SITES, `pmtiles/${changeset}`, options);
  await mapIsReady(page);
  await until(page, 'the land of the tiles', () => document.querySelector('.map-canvas').map.queryRenderedFeatures({ layers: ['pm-earth'] }).length);
  assert.ok(server.state.asked.includes('/pmtiles/maps/area.pmtiles'));
  assert.equal(await layer(page, 'pm-earth'), 'visible');
  await choose(page, 'land');
  assert.equal(await layer(page, 'pm-earth'), 'none');
  assert.deepEqual(wrong, []);
});

test('without a configured server, no other is let in', async (t) => {
  const { page } = await shared.visit(t, `${SITES}/small`, changeset);
  const policy = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
  assert.ok(!policy.includes('http'), policy);
  assert.ok(!(await page.locator('[name=background] option').allTextContents()).includes('map'));
});
