import { chromium } from 'playwright-core';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const FLAGS = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

export const launch = (...more) => chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...more] });

export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
export const DESKTOP = { viewport: { width: 1280, height: 800 } };

/** A page that notes what must not happen: errors, reports of the policy, requests elsewhere, dialogs. */
export async function open(browser, options = {}) {
  const context = await browser.newContext({ locale: 'en-GB', ...DESKTOP, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== '127.0.0.1') wrong.push(`elsewhere: ${request.url()}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page, context, wrong };
}

/** Asks until it is so: `waitForFunction` needs eval, which the policy forbids. */
export async function until(page, what, ask, argument, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await page.evaluate(ask, argument);
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`did not happen within ${seconds} s: ${what}`);
    await new Promise((soon) => setTimeout(soon, 50));
  }
}

/** Goes to a page and waits until its script has done its part. */
export async function go(page, address) {
  await page.goto(address);
  await until(page, 'the script has started', () => 'ready' in document.documentElement.dataset);
}

/** What was changed is laid out and painted. */
export const painted = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

export const mapIsReady = (page) =>
  until(page, 'the map is drawn', () => {
    const state = document.querySelector('#map')?.dataset.state;
    const map = document.querySelector('.map-canvas')?.map;
    return (state === 'ready' && map?.loaded() && !map.isMoving()) || ['empty', 'failed', 'no-webgl'].includes(state);
  });
