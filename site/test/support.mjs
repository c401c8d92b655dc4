// What the tests share: the folders of generated sites, a browser, a server.
import { after, before } from 'node:test';
import { launch, open } from './browser.mjs';
import { serve } from './serve.mjs';

/** Sites that `cargo run -p osmtracker-pages --example site` wrote, and the demo's. */
export const SITES = process.env.SITES ?? '';
export const DEMO = process.env.DEMO ?? '';
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
  shared.visit = async (t, folder, path = '', { change, ...options } = {}) => {
    const server = await serve(folder, change ? { change } : {});
    const opened = await open(shared.browser, options);
    t.after(async () => {
      await opened.context.close();
      server.close();
    });
    await opened.page.goto(server.url + path);
    return { ...opened, server };
  };
  return shared;
}

/** Makes an open page ask for a new generation each second rather than each twenty. */
export const pollEachSecond = (key, bytes) =>
  key.endsWith('.html') ? Buffer.from(bytes.toString().replace('<html ', '<html data-poll="1" ')) : bytes;
