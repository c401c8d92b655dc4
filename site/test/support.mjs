// What the tests share: the folders of generated sites, a browser, a server.
import { after, before } from 'node:test';
import { go, launch, open } from './browser.mjs';
import { serve } from './serve.mjs';

/** Sites that the example `site` of the crate `pages` wrote, the demo's, and that of the recorded server, if there is one. */
export const SITES = process.env.SITES ?? '';
export const DEMO = process.env.DEMO ?? '';
export const RECORDED = process.env.RECORDED ?? '';
if (!SITES || !DEMO) throw new Error('run the tests by `make test-site`, which generates the sites they need');

/** A browser for the tests of a file, and `visit`, which opens a page of a site and hands what went wrong to the test. */
export function suite(...flags) {
  const shared = { browser: null };
  before(async () => {
    shared.browser = await launch(...flags);
  });
  after(async () => {
    await shared.browser.close();
  });
  shared.visit = async (t, folder, path = '', { change, files, front, clock, ...options } = {}) => {
    const server = await serve(folder, { ...(change && { change }), ...(files && { files }), ...(front && { front }) });
    const opened = await open(shared.browser, options);
    t.after(async () => {
      await opened.context.close();
      server.close();
    });
    // A clock that the test moves on.
    if (clock) await opened.page.clock.install();
    if (options.javaScriptEnabled === false) await opened.page.goto(server.url + path);
    else await go(opened.page, server.url + path);
    return { ...opened, server };
  };
  return shared;
}

/** Makes an open page ask for a new generation each second rather than each twenty. */
export const pollEachSecond = (key, bytes) =>
  key.endsWith('.html') ? Buffer.from(bytes.toString().replace('<html ', '<html data-poll="1" ')) : bytes;
