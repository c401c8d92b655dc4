// The map, by MapLibre GL JS. This module is loaded when the page stands.
import 'maplibre-gl/dist/maplibre-gl.css';
import {
  Map as MapLibre,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type FilterSpecification,
  type LngLatBoundsLike,
  type MapMouseEvent,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import { addBackground, backgroundStyle, setBackground } from './background.ts';
import { boxOf, type Box, type Diff, type DrawnFeature } from './diff.ts';
import type { Drawing, DrawingOptions, View } from './drawing.ts';
import { addImages } from './images.ts';
import { colours, layers, SELECTABLE } from './layers.ts';
import { t } from './words.ts';

/** Pixels around the pointer in which a click meets an element. */
const REACH_PX = 6;
const NEAREST_ZOOM = 18.5;

setWorkerUrl(workerUrl);

export async function drawMap(options: DrawingOptions): Promise<Drawing> {
  const { container, box, diff, view } = options;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const map = new MapLibre({
    container,
    style: backgroundStyle(dark.matches),
    attributionControl: false,
    ...start(diff, view),
    maxZoom: 21,
    // Rotating a diff helps nobody, and on a phone it happens by accident.
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: 0,
    cooperativeGestures: matchMedia('(pointer: coarse)').matches,
    locale: {
      'CooperativeGesturesHandler.MobileHelpText': t('Use two fingers to move the map'),
      'CooperativeGesturesHandler.WindowsHelpText': t('Use Ctrl + scroll to zoom the map'),
      'CooperativeGesturesHandler.MacHelpText': t('Use ⌘ + scroll to zoom the map'),
      'NavigationControl.ZoomIn': t('Zoom in'),
      'NavigationControl.ZoomOut': t('Zoom out'),
    },
  });
  map.touchZoomRotate.disableRotation();
  // A second click at the same place is for what lies beneath.
  map.doubleClickZoom.disable();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new ScaleControl({ unit: 'metric' }), 'bottom-left');
  map.getCanvas().setAttribute('aria-label', t('Map of the changes'));
  await new Promise((resolve, reject) => {
    map.once('load', resolve);
    map.once('webglcontextlost', () => reject(new Error('the WebGL context was lost')));
  });
  addImages(map);
  const drawing = new Drawn(map, diff, view);
  drawing.add(dark.matches);
  await addBackground(map, box, dark.matches);
  dark.addEventListener('change', () => drawing.recolour(dark.matches));
  listen(map, options, drawing);
  if (view.key) drawing.select(view.key, view.camera ? 'stay' : 'zoom');
  // For the page's tests: what is really drawn can be asked for.
  Object.assign(container, { map });
  return drawing;
}

function start(diff: Diff, view: View) {
  if (view.camera) {
    const { zoom, lat, lon } = view.camera;
    return { zoom, center: [lon, lat] as [number, number] };
  }
  return { bounds: bounds(diff.box), fitBoundsOptions: { padding: 40, maxZoom: NEAREST_ZOOM } };
}

function bounds(box: Box | null): LngLatBoundsLike {
  return box ? [box[0], box[1], box[2], box[3]] : [-180, -60, 180, 75];
}

class Drawn implements Drawing {
  readonly hasBackgrounds = true;
  private readonly ids = new Map<string, DrawnFeature[]>();
  private selected: string | null = null;
  private hovered: string | null = null;

  constructor(
    private readonly map: MapLibre,
    private readonly diff: Diff,
    private readonly view: View,
  ) {
    for (const feature of diff.features) {
      const of = this.ids.get(feature.properties.key);
      if (of) of.push(feature);
      else this.ids.set(feature.properties.key, [feature]);
    }
  }

  add(isDark: boolean): void {
    const data = { type: 'FeatureCollection' as const, features: this.diff.features };
    this.map.addSource('diff', { type: 'geojson', data, tolerance: 0.2, maxzoom: 18 });
    for (const layer of layers(this.diff, isDark)) this.map.addLayer(layer);
    this.refresh();
  }

  recolour(isDark: boolean): void {
    for (const [layer, property, value] of colours(this.diff, isDark)) {
      this.map.setPaintProperty(layer, property as 'line-color', value as never);
    }
  }

  refresh(): void {
    const sides = { both: ['old', 'new', 'both'], before: ['old', 'both'], after: ['new', 'both'] }[this.view.side];
    const on = (['create', 'modify', 'delete', 'moved', 'member'] as const).filter((one) => !this.view.off.has(one));
    // Arrows join both sides: they are drawn where both are.
    const moves = this.view.side === 'both' ? [] : [['!', ['in', ['get', 'shape'], ['literal', ['move', 'arrow']]]]];
    for (const layer of layers(this.diff, false)) {
      const own = 'filter' in layer && layer.filter ? [layer.filter] : [];
      const filter = [
        'all',
        ...own,
        ['in', ['get', 'side'], ['literal', sides]],
        ['in', ['get', 'group'], ['literal', on]],
        ...moves,
      ];
      this.map.setFilter(layer.id, filter as FilterSpecification);
    }
  }

  select(key: string | null, zoom: 'zoom' | 'stay'): void {
    this.mark(this.selected, 'selected', false);
    this.selected = key;
    this.mark(key, 'selected', true);
    const box = key && zoom === 'zoom' ? boxOf(this.ids.get(key) ?? []) : null;
    if (box) this.show(box);
  }

  hover(key: string | null): void {
    if (key === this.hovered) return;
    this.mark(this.hovered, 'hover', false);
    this.hovered = key;
    this.mark(key, 'hover', true);
  }

  private mark(key: string | null, state: string, value: boolean): void {
    for (const { id } of this.ids.get(key ?? '') ?? []) {
      this.map.setFeatureState({ source: 'diff', id }, { [state]: value });
    }
  }

  background(name: string): void {
    setBackground(this.map, name);
  }

  whole(): void {
    if (this.diff.box) this.show(this.diff.box);
  }

  private show(box: Box): void {
    const animate = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.map.fitBounds(bounds(box), { padding: 60, maxZoom: NEAREST_ZOOM, animate, duration: 400 });
  }
}

function listen(map: MapLibre, { view, picked, moved, shows }: DrawingOptions, drawing: Drawn): void {
  let last: { x: number; y: number; at: number } | null = null;
  map.on('click', (event) => {
    const keys = keysAt(map, event);
    const near = last && Math.hypot(last.x - event.point.x, last.y - event.point.y) < REACH_PX;
    const at = near && last && keys.length > 0 ? (last.at + 1) % keys.length : 0;
    last = { x: event.point.x, y: event.point.y, at };
    const key = keys[at] ?? null;
    drawing.select(key, 'stay');
    picked(key, keys);
  });
  map.on('mousemove', (event) => {
    const key = keysAt(map, event)[0] ?? null;
    map.getCanvas().style.cursor = key ? 'pointer' : '';
    drawing.hover(key);
  });
  map.on('mouseout', () => drawing.hover(null));
  const camera = () => {
    const { lng, lat } = map.getCenter();
    return { zoom: map.getZoom(), lat, lon: lng };
  };
  map.on('moveend', (event) => {
    shows(camera());
    // Only what the reader did belongs into the address.
    if (!('originalEvent' in event) || !event.originalEvent) return;
    view.camera = camera();
    moved();
  });
  shows(camera());
}

/** Elements at a place, the topmost first. */
function keysAt(map: MapLibre, { point }: MapMouseEvent): string[] {
  const reach: [[number, number], [number, number]] = [
    [point.x - REACH_PX, point.y - REACH_PX],
    [point.x + REACH_PX, point.y + REACH_PX],
  ];
  const found = map.queryRenderedFeatures(reach, { layers: SELECTABLE.filter((id) => map.getLayer(id)) });
  return [...new Set(found.map((feature) => String(feature.properties['key'])))];
}

