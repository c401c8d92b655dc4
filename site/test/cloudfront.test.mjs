// The function that CloudFront runs before each request (infra/terraform/modules/site/folders.js).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const source = readFileSync(new URL('../../infra/terraform/modules/site/folders.js', import.meta.url), 'utf8');
const handler = new Function(`${source}; return handler;`)();
const ask = (uri, accepted, querystring = {}) =>
  handler({ request: { uri, querystring, headers: { host: { value: 'site.example' }, ...(accepted && { 'accept-encoding': { value: accepted } }) } } });

test('a file of the site is asked for as Brotli for those who read it', () => {
  for (const [accepted, uri] of [
    ['gzip, deflate, br', '/assets/site-1.css.br'],
    ['br,gzip', '/assets/site-1.css.br'],
    ['gzip', '/assets/site-1.css'],
    ['brotli', '/assets/site-1.css'],
    [undefined, '/assets/site-1.css'],
  ]) {
    assert.equal(ask('/assets/site-1.css', accepted).uri, uri, accepted);
  }
  for (const uri of ['/status.json', '/views/roads/feed.atom', '/metrics']) assert.equal(ask(uri, 'br').uri, uri);
});

test('a folder is its page, and one without a slash is sent to the one with it', () => {
  assert.equal(ask('/views/roads/', 'br').uri, '/views/roads/index.html');
  const { statusCode, headers } = ask('/changesets/1', 'br', { side: { value: 'before' } });
  assert.deepEqual([statusCode, headers.location.value], [301, 'https://site.example/changesets/1/?side=before']);
});
