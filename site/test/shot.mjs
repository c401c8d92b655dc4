// Screenshots for a person to look at, of the demo and of hand-made pages: `node test/shot.mjs OUT [word of a name]`
import { mkdirSync } from 'node:fs';
import { DESKTOP, PHONE, launch, mapIsReady, open } from './browser.mjs';
import { serve } from './serve.mjs';

const [out, only = ''] = process.argv.slice(2);
const { DEMO, SITES } = process.env;
mkdirSync(out, { recursive: true });
const changeset = 'changesets/137003062/';
/** Name, folder, path, and what is done before the picture is taken. */
const PAGES = [
  ['list', DEMO, ''],
  ['list-states', `${SITES}/small`, ''],
  ['list-search', DEMO, '?q=highway&only=flagged'],
  ['list-nothing-found', DEMO, '?q=nothing+like+it'],
  ['list-hostile', `${SITES}/hostile`, ''],
  ['list-empty', `${SITES}/empty`, ''],
  ['view', DEMO, 'views/flagged/'],
  ['demo-changeset', DEMO, process.env.CHANGESET ?? ''],
  ['changeset', `${SITES}/small`, changeset],
  ['changeset-selected', `${SITES}/small`, `${changeset}#way-11`],
  ['changeset-before', `${SITES}/small`, `${changeset}?side=before`],
  ['changeset-legend', `${SITES}/small`, changeset, (page) => page.click('.map-legend summary')],
  ['changeset-many', `${SITES}/large`, 'changesets/5000/'],
  ['changeset-pending', `${SITES}/small`, 'changesets/137003101/'],
  ['changeset-quarantined', `${SITES}/small`, 'changesets/137003102/'],
  ['changeset-given-up', `${SITES}/small`, 'changesets/137003104/'],
  ['changeset-failed', `${SITES}/small`, changeset, null, (key) => { if (key.endsWith('diff.geojson')) throw new Error('broken'); }],
  ['changeset-nothing-to-draw', `${SITES}/small`, changeset, null, (key) => (key.endsWith('diff.geojson') ? Buffer.from('{"type":"FeatureCollection","features":[]}') : undefined)],
  ['summary', DEMO, 'summary/'],
  ['discussions', `${SITES}/small`, 'discussions/'],
  ['about', DEMO, 'about/'],
];
/** A picture of the whole page would be one of a page without fingers. */
const TALL = { viewport: { width: 390, height: 1900 } };
const LOOKS = [['light-desktop', { ...DESKTOP, colorScheme: 'light' }], ['dark-desktop', { ...DESKTOP, colorScheme: 'dark' }], ['light-phone', { ...PHONE, ...TALL, colorScheme: 'light' }], ['dark-phone', { ...PHONE, ...TALL, colorScheme: 'dark' }]];

async function shoot(browser, file, folder, path, options, act, change) {
  const server = await serve(folder, { change: (key, bytes) => change?.(key) ?? bytes });
  const { page, context, wrong } = await open(browser, options);
  await page.goto(server.url + path);
  if (await page.locator('#map').count()) await mapIsReady(page);
  await act?.(page);
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${out}/${file}.png` });
  if (wrong.length > 0 && !change) console.log(file, wrong);
  await context.close();
  server.close();
}

const browser = await launch();
for (const [name, folder, path, act, change] of PAGES) {
  for (const [look, options] of LOOKS) {
    if (`${name}-${look}`.includes(only) && folder && !folder.startsWith('undefined')) {
      await shoot(browser, `${name}-${look}`, folder, path, options, act, change);
    }
  }
}
const plain = await launch('--disable-gpu', '--disable-3d-apis');
if ('changeset-plain'.includes(only)) await shoot(plain, 'changeset-plain-light-desktop', `${SITES}/small`, changeset, DESKTOP);
await plain.close();
if ('print'.includes(only)) {
  const server = await serve(`${SITES}/small`);
  for (const [name, path] of [['list', ''], ['changeset', changeset]]) {
    const { page, context } = await open(browser);
    await page.goto(server.url + path);
    if (await page.locator('#map').count()) await mapIsReady(page);
    await page.pdf({ path: `${out}/print-${name}.pdf` });
    await context.close();
  }
  server.close();
}
await browser.close();
