import { DESKTOP, launch, open, go, mapIsReady } from './browser.mjs';
import { serve } from './serve.mjs';
const b = await launch('--disable-gpu', '--disable-3d-apis');
const s = await serve('/tmp/st/recorded/site');
const {page,wrong}=await open(b, DESKTOP);
for (const n of [5,18,7]) { await go(page, s.url+`changesets/${175000000+n}/`);
console.log(n, (await page.locator('main').textContent()).replace(/\n+/g,' | ').slice(0,1800)); }
await b.close(); process.exit();
