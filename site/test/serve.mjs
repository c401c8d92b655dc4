// Serves a folder as the local server and CloudFront do: with the security headers, ETags and compressed assets.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json', '.geojson': 'application/geo+json', '.svg': 'image/svg+xml',
  '.atom': 'application/atom+xml; charset=utf-8', '.adiff': 'application/xml; charset=utf-8',
};

/** `folder` may be changed while it serves; `change(key, bytes)` may give other bytes. */
export async function serve(folder, { change = (_key, bytes) => bytes } = {}) {
  const state = { folder, change, asked: [] };
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const key = path.endsWith('/') ? `${path}index.html` : path;
    state.asked.push(key);
    let bytes = null;
    try {
      bytes = state.change(key, readFileSync(join(state.folder, key)));
    } catch {
      // There is no such file.
    }
    const headers = {
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Cache-Control': key.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (!bytes) return response.writeHead(404, headers).end('there is no such page\n');
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    headers['ETag'] = etag;
    headers['Content-Type'] = TYPES[extname(key)] ?? 'text/plain; charset=utf-8';
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
    response.writeHead(200, headers).end(bytes);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { state, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.closeAllConnections() ?? server.close() };
}
