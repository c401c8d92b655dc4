// Serves a folder as the local server and CloudFront do: with the security headers, ETags, compressed assets and ranges.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json', '.geojson': 'application/geo+json', '.svg': 'image/svg+xml',
  '.atom': 'application/atom+xml; charset=utf-8', '.adiff': 'application/xml; charset=utf-8', '.png': 'image/png',
};
const VARIANTS = [['.br', 'br'], ['.gz', 'gzip']];

/** The policy of a site, which its pages name themselves, and what only a header can say. */
function policyOf(html) {
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html) ?? [];
  return `${policy?.replaceAll('&#39;', "'") ?? "default-src 'none'"}; frame-ancestors 'none'`;
}

/** The state of a site that runs: it was written just now. */
function running(key, bytes) {
  if (key !== '/status.json') return bytes;
  return Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), published_at: new Date().toISOString() }));
}

function read(folder, key, accepted) {
  if (key.startsWith('/assets/')) {
    for (const [suffix, encoding] of VARIANTS) {
      if (!accepted.includes(encoding)) continue;
      try {
        return { bytes: readFileSync(join(folder, key + suffix)), encoding };
      } catch {
        // There is none of this kind.
      }
    }
  }
  return { bytes: readFileSync(join(folder, key)), encoding: null };
}

/** `folder` may be changed while it serves; `change(key, bytes)` may give other bytes, or fail; `files` are there, too; `front` is the site's front page. */
export async function serve(folder, { change = (_key, bytes) => bytes, files = {}, front = 'index.html' } = {}) {
  const state = { folder, change, asked: [] };
  // A worker has the policy of its own answer.
  const policy = () => policyOf(state.change('/index.html', readFileSync(join(state.folder, front))).toString());
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    const key = path.endsWith('/') ? `${path}index.html` : path;
    state.asked.push(key);
    const headers = {
      'Content-Security-Policy': policy(),
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'strict-origin-when-cross-origin',
      'Cache-Control': key.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    let bytes = null;
    try {
      const accepted = request.headers['accept-encoding'] ?? '';
      const found = files[key] ? { bytes: files[key], encoding: null } : read(state.folder, key, accepted);
      found.bytes = running(key, found.bytes);
      // What is compressed is no text to be changed.
      bytes = found.encoding ? found.bytes : state.change(key, found.bytes);
      if (found.encoding) headers['Content-Encoding'] = found.encoding;
    } catch {
      return response.writeHead(404, headers).end('there is no such page\n');
    }
    const etag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`;
    headers['ETag'] = etag;
    headers['Content-Type'] = TYPES[extname(key)] ?? 'text/plain; charset=utf-8';
    if (request.headers['if-none-match'] === etag) return response.writeHead(304, headers).end();
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    if (!range) return response.writeHead(200, headers).end(bytes);
    const part = bytes.subarray(Number(range[1]), Number(range[2]) + 1);
    headers['Content-Range'] = `bytes ${range[1]}-${Number(range[1]) + part.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...headers, 'Content-Length': part.length }).end(part);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { state, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.closeAllConnections() ?? server.close() };
}
