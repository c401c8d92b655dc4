// Screenshots for a person to look at: `node test/shot.mjs SITES-FOLDER OUT [word]`
import { mkdirSync } from 'node:fs';
import { DESKTOP, PHONE, launch, mapIsReady, open } from './browser.mjs';
import { serve } from './serve.mjs';

const [sites, out, only = ''] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const browser = await launch();
const demo = process.env.DEMO;
const server = await serve(demo ?? `${sites}/small`);
const PAGES = {
  list: '', changeset: process.env.CHANGESET ?? 'changesets/137003062/', summary: 'summary/', discussions: 'discussions/', about: 'about/',
};
for (const [scheme, size, device] of [['light', 'desktop', DESKTOP], ['dark', 'phone', PHONE], ['dark', 'desktop', DESKTOP], ['light', 'phone', PHONE]]) {
  for (const [name, path] of Object.entries(PAGES)) {
    const file = `${name}-${scheme}-${size}`;
    if (!file.includes(only)) continue;
    const { page, context, wrong } = await open(browser, { ...device, colorScheme: scheme });
    await page.goto(server.url + path);
    if (name === 'changeset') await mapIsReady(page);
    await page.waitForTimeout(400);
    const clip = size === 'phone' ? { fullPage: true, clip: { x: 0, y: 0, width: 390, height: 2100 } } : {};
    await page.screenshot({ path: `${out}/${file}.png`, ...clip });
    if (wrong.length) console.log(file, wrong);
    await context.close();
  }
}
await browser.close();
server.close();
