// Tiles for the tests, made here: an image a tile, and a file of vector tiles (PMTiles 3) with the whole earth as land.
import { createServer } from 'node:http';
import { deflateSync } from 'node:zlib';

const varint = (value) => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 128);
  }
};

/** A field of a protocol buffer: numbers as they are, all else with its length. */
const field = (number, value) =>
  typeof value === 'number' ? [...varint(number << 3), ...varint(value)] : [...varint((number << 3) | 2), ...varint(value.length), ...value];

/** A vector tile with one layer of one polygon, which covers it. */
function vectorTile(layer) {
  const zigzag = (n) => (n << 1) ^ (n >> 31);
  const corners = [9, zigzag(0), zigzag(0), 26, zigzag(4096), zigzag(0), zigzag(0), zigzag(4096), zigzag(-4096), zigzag(0), 15];
  const feature = [...field(3, 3), ...field(4, corners.flatMap(varint))];
  const name = [...Buffer.from(layer)];
  return Buffer.from(field(3, [...field(15, 2), ...field(1, name), ...field(2, feature), ...field(5, 4096)]));
}

/** A file with one tile, that of zoom 0: https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md. */
export function pmtiles() {
  const tile = vectorTile('earth');
  const directory = Buffer.from([1, 0, 1, ...varint(tile.length), 1].flat());
  const metadata = Buffer.from('{"vector_layers":[{"id":"earth","fields":{}}]}');
  const header = Buffer.alloc(127);
  header.write('PMTiles');
  header[7] = 3;
  const start = 127 + directory.length;
  const places = [127, directory.length, start, metadata.length, start + metadata.length, 0, start + metadata.length, tile.length, 1, 1, 1];
  places.forEach((value, at) => header.writeBigUInt64LE(BigInt(value), 8 + 8 * at));
  // Clustered; nothing is compressed; vector tiles; zooms 0 to 0; the whole world.
  [1, 1, 1, 1, 0, 0].forEach((value, at) => (header[96 + at] = value));
  [-1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000].forEach((value, at) => header.writeInt32LE(value, 102 + 4 * at));
  return Buffer.concat([header, directory, metadata, tile]);
}

const crcOf = (bytes) => {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
};

/** 256 by 256 pixels of one colour. */
function png(red, green, blue) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    crc.writeUInt32BE(crcOf(body));
    return Buffer.concat([length, body, crc]);
  };
  const head = Buffer.from([0, 0, 1, 0, 0, 0, 1, 0, 8, 2, 0, 0, 0]);
  const line = Buffer.from([0, ...Array.from({ length: 256 }, () => [red, green, blue]).flat()]);
  const lines = Buffer.concat(Array.from({ length: 256 }, () => line));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))]);
}

/** A server of images by another name than the site's. What it was asked for, with the Referer, is in `asked`. */
export async function tileServer() {
  const image = png(200, 60, 160);
  const asked = [];
  const server = createServer((request, response) => {
    asked.push({ path: request.url, referer: request.headers.referer ?? null });
    response.writeHead(200, { 'content-type': 'image/png', 'access-control-allow-origin': '*' }).end(image);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, origin: `http://127.0.0.1:${server.address().port}`, close: () => server.closeAllConnections() ?? server.close() };
}
