// Cuts the land of Natural Earth (npm world-atlas) to planar GeoJSON for the map and to a compact list of rings for the
// pages that are rendered without a browser.
//
// The atlas is spherical: drawn as it is, land that crosses the antimeridian becomes bars around the world. The
// projection to plain degrees cuts it there.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { geoEquirectangular } from 'd3-geo';
import { geoProject } from 'd3-geo-projection';
import { feature } from 'topojson-client';

const atlas = JSON.parse(readFileSync(new URL('../node_modules/world-atlas/land-10m.json', import.meta.url)));
const projection = geoEquirectangular().scale(180 / Math.PI).translate([0, 0]).precision(0).reflectY(true);

/** The cut makes of tiny islands, which run the other way round, holes in a land that is the whole world. */
export function isWorld(ring) {
  const latitudes = ring.map(([, lat]) => lat);
  return Math.max(...latitudes) - Math.min(...latitudes) > 170;
}

/** Rings of all polygons, in degrees. */
export function polygons() {
  const planar = geoProject(feature(atlas, atlas.objects.land), projection);
  const geometries = planar.features ? planar.features.map((one) => one.geometry) : [planar];
  const all = geometries.flatMap((one) => (one.type === 'Polygon' ? [one.coordinates] : one.coordinates));
  return all.flatMap(([outer, ...holes]) => (isWorld(outer) ? holes.map((hole) => [hole]) : [[outer, ...holes]]));
}

/** Douglas and Peucker: what lies nearer than `tolerance` degrees to the line is left out. */
function simplified(ring, tolerance) {
  if (ring.length < 5) return ring;
  const keep = new Uint8Array(ring.length);
  // A ring ends where it begins: the point farthest from there splits it in two lines.
  let far = 0;
  let most = -1;
  ring.forEach(([x, y], at) => {
    const d = (x - ring[0][0]) ** 2 + (y - ring[0][1]) ** 2;
    if (d > most) [most, far] = [d, at];
  });
  for (const at of [0, far, ring.length - 1]) keep[at] = 1;
  const stack = [[0, far], [far, ring.length - 1]];
  while (stack.length) {
    const [from, to] = stack.pop();
    const [ax, ay] = ring[from];
    const [bx, by] = [ring[to][0] - ax, ring[to][1] - ay];
    const length = bx * bx + by * by;
    let worst = tolerance * tolerance;
    let at = -1;
    for (let i = from + 1; i < to; i++) {
      const [px, py] = [ring[i][0] - ax, ring[i][1] - ay];
      const t = length ? Math.min(1, Math.max(0, (px * bx + py * by) / length)) : 0;
      const d = (px - t * bx) ** 2 + (py - t * by) ** 2;
      if (d > worst) [worst, at] = [d, i];
    }
    if (at > 0) {
      keep[at] = 1;
      stack.push([from, at], [at, to]);
    }
  }
  return ring.filter((_, at) => keep[at]);
}

function rings(list, tolerance, corners, smallest) {
  const round = (value) => Math.round(value * 100) / 100;
  const clean = (ring) => {
    const xs = ring.map((p) => p[0]);
    const ys = ring.map((p) => p[1]);
    const size = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
    if (size < smallest) return [];
    const rounded = simplified(ring, Math.min(tolerance, size / corners)).map(([x, y]) => [round(x), round(y)]);
    return rounded.filter((p, at) => at === 0 || p[0] !== rounded[at - 1][0] || p[1] !== rounded[at - 1][1]);
  };
  return list
    .map((polygon) => polygon.map(clean).filter((ring) => ring.length > 3))
    .filter((polygon) => polygon.length);
}

export function geojson(list) {
  return JSON.stringify({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: list } }],
  });
}

/**
 * Rings one after another: the number of points, then the differences of longitude and latitude in hundredths of a degree,
 * all as LEB128, the differences zigzag encoded.
 */
export function packed(list) {
  const bytes = [];
  const unsigned = (value) => {
    let rest = value;
    while (rest > 127) {
      bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    bytes.push(rest);
  };
  const signed = (value) => unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  for (const ring of list.flat()) {
    unsigned(ring.length);
    let [px, py] = [0, 0];
    for (const [lon, lat] of ring) {
      const [x, y] = [Math.round(lon * 100), Math.round(lat * 100)];
      signed(x - px);
      signed(y - py);
      [px, py] = [x, y];
    }
  }
  return Buffer.from(bytes);
}

export function write(folder) {
  mkdirSync(folder, { recursive: true });
  const list = polygons();
  const coarse = rings(list, 0.08, 6, 0.1);
  const fine = rings(list, 0.008, 12, 0.02);
  writeFileSync(`${folder}/land.geojson`, geojson(coarse));
  const binary = packed(fine);
  writeFileSync(`${folder}/land.bin`, binary);
  return { coarse, fine, binary };
}
