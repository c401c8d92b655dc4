// The plain drawing for browsers without WebGL.
import type { Position } from 'geojson';
import { positions, type Box, type DrawnFeature } from './diff.ts';
import type { Drawing, DrawingOptions } from './drawing.ts';
import { t } from './words.ts';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 1000;
const NODE_PX = 5;
/** What lies above what, as on the map. */
const ORDER = ['area', 'member', 'line', 'move', 'node', 'arrow'];

function shape<K extends keyof SVGElementTagNameMap>(tag: K, attributes: Record<string, string | number>) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

export function drawSvg({ container, diff, view, picked }: DrawingOptions): Drawing {
  const place = scale(diff.box ?? [0, 0, 1, 1]);
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${place.height}`, class: 'plain', role: 'img' });
  svg.setAttribute('aria-label', t('Map of the changes'));
  const drawn = new Map<string, SVGElement[]>();
  const features = [...diff.features].sort((a, b) => ORDER.indexOf(a.properties.shape) - ORDER.indexOf(b.properties.shape));
  for (const feature of features) {
    const element = draw(feature, place);
    if (!element) continue;
    const { key, group, side, shape: kind } = feature.properties;
    element.setAttribute('class', `${kind} ${group} side-${side}`);
    element.addEventListener('click', (event) => {
      event.stopPropagation();
      select(key);
      picked(key, [key]);
    });
    drawn.set(key, [...(drawn.get(key) ?? []), element]);
    svg.append(element);
  }
  const mark = (name: string, key: string | null) => {
    for (const old of svg.querySelectorAll(`.${name}`)) old.classList.remove(name);
    for (const element of drawn.get(key ?? '') ?? []) element.classList.add(name);
  };
  const select = (key: string | null) => mark('selected', key);
  const refresh = () => {
    svg.dataset['side'] = view.side;
    svg.dataset['off'] = [...view.off].join(' ');
  };
  container.replaceChildren(svg);
  refresh();
  select(view.key);
  return {
    refresh,
    select,
    hover: (key) => mark('hover', key),
    background: () => {},
    whole: () => {},
    hasBackgrounds: false,
  };
}

type Scale = { height: number; at: (position: Position) => [number, number] };

/** Degrees to units of the drawing, true to scale in the middle. */
function scale([west, south, east, north]: Box): Scale {
  const squeeze = Math.max(0.1, Math.cos(((south + north) / 2) * (Math.PI / 180)));
  const size = Math.max((east - west) * squeeze, north - south, 1e-4) * 1.1;
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  const unit = WIDTH / size;
  const height = Math.round(Math.min(WIDTH, Math.max(400, (north - south) * 1.1 * unit)));
  return {
    height,
    at: ([lon = 0, lat = 0]) => [(lon - x) * squeeze * unit + WIDTH / 2, (y - lat) * unit + height / 2],
  };
}

function draw({ geometry, properties }: DrawnFeature, { at }: Scale): SVGElement | null {
  const path = (lines: Position[][]) =>
    lines.map((line) => `M${line.map((one) => at(one).map((n) => n.toFixed(1)).join(' ')).join('L')}`).join('');
  switch (geometry.type) {
    case 'Point': {
      const [x, y] = at(geometry.coordinates);
      if (properties.shape === 'arrow') {
        const text = shape('text', { x: x + 8, y: y + 18 });
        text.textContent = properties.metres ?? '';
        return text;
      }
      return shape('circle', { cx: x.toFixed(1), cy: y.toFixed(1), r: properties.tagged ? NODE_PX : NODE_PX * 0.6 });
    }
    case 'LineString':
      return shape('path', { d: path([geometry.coordinates]) });
    case 'MultiLineString':
    case 'Polygon':
      return shape('path', { d: path(geometry.coordinates) });
    default:
      return positions(geometry).length > 0 ? shape('g', {}) : null;
  }
}
