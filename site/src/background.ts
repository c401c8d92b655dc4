// What lies under the diff: nothing, the land, or the tiles that the operator configured.
import type { LayerSpecification, Map as MapLibre, StyleSpecification } from 'maplibre-gl';
import landUrl from '../generated/land.geojson?url';

const WATER = { light: '#dce7ee', dark: '#151d24' };
const LAND = { light: '#f7f5f0', dark: '#232b31' };
const SHORE = { light: '#b9c6cd', dark: '#46545d' };

export function backgroundStyle(isDark: boolean): StyleSpecification {
  const colour = (isDark ? LAND : LAND)[isDark ? 'dark' : 'light'];
  return { version: 8, sources: {}, layers: [{ id: 'paper', type: 'background', paint: { 'background-color': colour } }] };
}

/** Adds the configured background, and the land that may be switched to. */
export async function addBackground(map: MapLibre, box: HTMLElement, isDark: boolean): Promise<void> {
  const { basemap = 'land', basemapUrl: url = '' } = box.dataset;
  if (basemap === 'raster') {
    map.addSource('tiles', { type: 'raster', tiles: [url], tileSize: 256, maxzoom: 19 });
    map.addLayer({ id: 'tiles', type: 'raster', source: 'tiles', layout: { visibility: 'none' } }, 'area');
  } else if (basemap === 'pmtiles') {
    await addPmtiles(map, url, isDark);
  }
  setBackground(map, basemap);
}

/** `none`, `land`, `raster` or `pmtiles`. */
export function setBackground(map: MapLibre, name: string): void {
  if (name === 'land' && !map.getSource('land')) addLand(map);
  for (const { id } of map.getStyle().layers) {
    const of = id === 'tiles' ? 'raster' : id.startsWith('land') ? 'land' : id.startsWith('pm-') ? 'pmtiles' : null;
    if (of) map.setLayoutProperty(id, 'visibility', of === name ? 'visible' : 'none');
  }
}

/**
 * The land is a sketch: from near its shores are kilometres off, and what is drawn would seem to lie in the sea.
 */
function addLand(map: MapLibre): void {
  const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const maxzoom = 10;
  map.addSource('land', { type: 'geojson', data: new URL(landUrl, import.meta.url).href, tolerance: 0.3 });
  const add = (layer: LayerSpecification) => map.addLayer(layer, 'area');
  add({ id: 'land-sea', type: 'background', maxzoom, paint: { 'background-color': WATER[scheme] } });
  add({ id: 'land', type: 'fill', source: 'land', maxzoom, paint: { 'fill-color': LAND[scheme] } });
  add({ id: 'land-shore', type: 'line', source: 'land', maxzoom, paint: { 'line-color': SHORE[scheme], 'line-width': 1 } });
}

async function addPmtiles(map: MapLibre, url: string, isDark: boolean): Promise<void> {
  const [{ Protocol }, { addProtocol }] = await Promise.all([import('pmtiles'), import('maplibre-gl')]);
  addProtocol('pmtiles', new Protocol().tile);
  const absolute = new URL(url, location.href).href;
  map.addSource('pmtiles', { type: 'vector', url: `pmtiles://${absolute}` });
  const scheme = isDark ? 'dark' : 'light';
  const road = isDark ? '#3b464e' : '#ffffff';
  const building = isDark ? '#2f383f' : '#e3ded4';
  const add = (layer: LayerSpecification) => map.addLayer(layer, 'area');
  const common = { source: 'pmtiles' } as const;
  // The layers of the Protomaps basemap; what an extract does not have is not drawn.
  add({ id: 'pm-sea', type: 'background', paint: { 'background-color': WATER[scheme] } });
  add({ id: 'pm-earth', type: 'fill', ...common, 'source-layer': 'earth', paint: { 'fill-color': LAND[scheme] } });
  add({
    id: 'pm-landuse', type: 'fill', ...common, 'source-layer': 'landuse',
    paint: { 'fill-color': isDark ? '#26332c' : '#e6ecd9', 'fill-opacity': 0.6 },
  });
  add({ id: 'pm-water', type: 'fill', ...common, 'source-layer': 'water', paint: { 'fill-color': WATER[scheme] } });
  add({ id: 'pm-buildings', type: 'fill', ...common, 'source-layer': 'buildings', paint: { 'fill-color': building } });
  add({
    id: 'pm-road-casing', type: 'line', ...common, 'source-layer': 'roads',
    paint: { 'line-color': SHORE[scheme], 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.5, 18, 11] },
  });
  add({
    id: 'pm-roads', type: 'line', ...common, 'source-layer': 'roads',
    paint: { 'line-color': road, 'line-width': ['interpolate', ['linear'], ['zoom'], 8, 0.3, 18, 9] },
  });
}
