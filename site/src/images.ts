// Shapes of nodes, the arrow of a move, and its metres, drawn here: glyphs and sprites would be more requests.
import type { Map as MapLibre } from 'maplibre-gl';
import { palette } from './layers.ts';

const SCALE = 2;

type Draw = (context: CanvasRenderingContext2D) => void;

function image(width: number, height: number, draw: Draw): ImageData | null {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  const context = canvas.getContext('2d');
  if (!context) return null;
  context.scale(SCALE, SCALE);
  draw(context);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** 18 by 18: a disc with plus, a square with minus, a ring, a diamond. */
function node(kind: string, colour: string, casing: string): Draw {
  return (c) => {
    c.lineWidth = 2;
    c.strokeStyle = casing;
    c.fillStyle = colour;
    c.beginPath();
    if (kind === 'delete') c.rect(2.5, 2.5, 13, 13);
    else if (kind === 'new') for (const [x, y] of [[9, 1.5], [16.5, 9], [9, 16.5], [1.5, 9]] as const) c.lineTo(x, y);
    else c.arc(9, 9, 7, 0, 2 * Math.PI);
    c.closePath();
    if (kind === 'old') {
      c.lineWidth = 5;
      c.stroke();
      c.lineWidth = 2.5;
      c.strokeStyle = colour;
      c.stroke();
      return;
    }
    c.fill();
    c.stroke();
    c.beginPath();
    if (kind === 'create' || kind === 'delete') {
      c.moveTo(5.5, 9);
      c.lineTo(12.5, 9);
    }
    if (kind === 'create') {
      c.moveTo(9, 5.5);
      c.lineTo(9, 12.5);
    }
    c.stroke();
  };
}

function arrow(colour: string, casing: string): Draw {
  return (c) => {
    c.fillStyle = colour;
    c.strokeStyle = casing;
    c.lineWidth = 1.5;
    c.beginPath();
    c.moveTo(8, 1);
    c.lineTo(14, 15);
    c.lineTo(8, 12);
    c.lineTo(2, 15);
    c.closePath();
    c.fill();
    c.stroke();
  };
}

const FONT = '600 12px system-ui, sans-serif';

function label(words: string, isDark: boolean): ImageData | null {
  const probe = document.createElement('canvas').getContext('2d');
  if (!probe || !words) return null;
  probe.font = FONT;
  const width = Math.ceil(probe.measureText(words).width) + 10;
  return image(width, 18, (c) => {
    c.fillStyle = isDark ? '#10151ad9' : '#ffffffd9';
    c.beginPath();
    c.roundRect(0, 0, width, 18, 4);
    c.fill();
    c.font = FONT;
    c.fillStyle = palette(isDark).new;
    c.textBaseline = 'middle';
    c.fillText(words, 5, 9.5);
  });
}

export function addImages(map: MapLibre): void {
  const add = (id: string, data: ImageData | null) => {
    if (data && !map.hasImage(id)) map.addImage(id, data, { pixelRatio: SCALE });
  };
  for (const isDark of [false, true]) {
    const p = palette(isDark);
    const suffix = isDark ? 'dark' : 'light';
    const kinds = { create: p.create, delete: p.delete, old: p.old, new: p.new };
    for (const [kind, colour] of Object.entries(kinds)) {
      add(`node-${kind}-${suffix}`, image(18, 18, node(kind, colour, p.casing)));
    }
    add(`arrow-${suffix}`, image(16, 16, arrow(p.new, p.casing)));
  }
  map.setMissingStyleImageResolver((id) => {
    const [scheme, ...words] = id.split(':');
    if (words.length === 0) return;
    const empty = { width: 1, height: 1, data: new Uint8Array(4) };
    const data = label(words.join(':'), scheme === 'dark');
    if (data) add(id, data);
    else map.addImage(id, empty);
  });
}
