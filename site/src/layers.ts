// How a diff is drawn. Colour is never alone: created is a thick line, deleted is dotted, old dashed, changed tags a double
// line, ways that only moved with their nodes are thin; nodes have a shape each.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { DETAILS_ZOOM, type Diff } from './diff.ts';

type Value = string | number | ExpressionSpecification;

/** From where the shapes of many corners have room. */
const CORNERS_ZOOM = 17;
const MANY_MOVES = 10;

const LIGHT = {
  create: '#0a8043',
  delete: '#d3212f',
  old: '#e07000',
  new: '#1f66d1',
  member: '#7c4dbb',
  casing: '#ffffff',
  halo: '#ffd400',
};
const DARK = { ...LIGHT, create: '#3ecf7c', delete: '#ff6b6b', old: '#ffab4d', new: '#6fb1ff', member: '#b79bf0', casing: '#10151a' };

export const palette = (isDark: boolean): typeof LIGHT => (isDark ? DARK : LIGHT);

/** Layers whose features a click finds, the members of relations last. */
export const SELECTABLE = [
  'node', 'corner', 'tagged-dot', 'dot', 'created', 'deleted', 'changed', 'changed-tags', 'old', 'moved', 'move', 'area', 'member', 'member-node',
];

const get = (name: string): ExpressionSpecification => ['get', name];
const is = (name: string, value: string): ExpressionSpecification => ['==', get(name), value];
const every = (...some: ExpressionSpecification[]): ExpressionSpecification => ['all', ...some] as ExpressionSpecification;
const lit: ExpressionSpecification = [
  'any',
  ['boolean', ['feature-state', 'selected'], false],
  ['boolean', ['feature-state', 'hover'], false],
];
const line = is('shape', 'line');
const modified = is('group', 'modify');

/** Thicker from near. */
const width = (far: number, near: number): ExpressionSpecification => ['interpolate', ['linear'], ['zoom'], 10, far, 18, near];

function colourOf(isDark: boolean): ExpressionSpecification {
  const p = palette(isDark);
  return [
    'case',
    is('group', 'create'), p.create,
    is('group', 'delete'), p.delete,
    is('side', 'old'), p.old,
    p.new,
  ];
}

export function layers(diff: Diff, isDark: boolean): LayerSpecification[] {
  const p = palette(isDark);
  const colour = colourOf(isDark);
  const source = 'diff';
  const layout = { 'line-cap': 'round', 'line-join': 'round' } as const;
  const memberColour: Value = ['match', get('member'), 'added', p.create, 'removed', p.delete, p.member];
  const details = diff.simplified ? { minzoom: DETAILS_ZOOM } : {};
  const moves = diff.features.filter(({ properties }) => properties.shape === 'arrow').length;
  const tagged = get('tagged');
  const untagged: ExpressionSpecification = ['!', tagged];
  const icon: ExpressionSpecification = [
    'concat', 'node-',
    ['case', is('group', 'create'), 'create', is('group', 'delete'), 'delete', is('side', 'old'), 'old', 'new'],
    isDark ? '-dark' : '-light',
  ];
  const shapes = (size: number) => ({
    'icon-image': icon,
    'icon-size': ['interpolate', ['linear'], ['zoom'], 10, 0.55 * size, 18, size] as ExpressionSpecification,
    'icon-allow-overlap': true,
    'icon-ignore-placement': true,
  });
  return [
    {
      id: 'area', type: 'fill', source, filter: is('shape', 'area'),
      paint: { 'fill-color': colour, 'fill-opacity': ['case', lit, 0.3, 0.12] },
    },
    {
      id: 'member', type: 'line', source, layout,
      filter: every(is('shape', 'member'), ['!=', ['geometry-type'], 'Point']),
      paint: { 'line-color': memberColour, 'line-width': width(8, 18), 'line-opacity': ['case', lit, 0.6, 0.28] },
    },
    {
      id: 'member-node', type: 'circle', source,
      filter: every(is('shape', 'member'), ['==', ['geometry-type'], 'Point']),
      paint: { 'circle-color': memberColour, 'circle-radius': 11, 'circle-opacity': ['case', lit, 0.6, 0.28] },
    },
    {
      id: 'halo', type: 'line', source, layout, filter: line,
      paint: { 'line-color': p.halo, 'line-width': width(8, 16), 'line-opacity': ['case', lit, 0.9, 0] },
    },
    {
      id: 'casing', type: 'line', source, layout, filter: every(line, ['!=', get('group'), 'moved']),
      paint: { 'line-color': p.casing, 'line-width': width(4, 9), 'line-opacity': 0.75 },
    },
    {
      id: 'moved', type: 'line', source, filter: every(line, is('group', 'moved')),
      paint: { 'line-color': colour, 'line-width': width(1, 2), 'line-dasharray': [4, 2, 1, 2] },
    },
    {
      id: 'old', type: 'line', source, filter: every(line, modified, is('side', 'old')),
      paint: { 'line-color': colour, 'line-width': width(1.5, 3), 'line-dasharray': [3, 2] },
    },
    {
      id: 'deleted', type: 'line', source, filter: every(line, is('group', 'delete')), layout,
      paint: { 'line-color': colour, 'line-width': width(2, 4.5), 'line-dasharray': [0.2, 1.8] },
    },
    {
      id: 'changed', type: 'line', source, layout, filter: every(line, modified, is('side', 'new')),
      paint: { 'line-color': colour, 'line-width': width(1.5, 3) },
    },
    {
      id: 'changed-tags', type: 'line', source, layout, filter: every(line, modified, is('side', 'both')),
      paint: { 'line-color': colour, 'line-width': width(1, 2), 'line-gap-width': width(1.5, 3.5) },
    },
    {
      id: 'created', type: 'line', source, layout, filter: every(line, is('group', 'create')),
      paint: { 'line-color': colour, 'line-width': width(2.5, 5) },
    },
    {
      id: 'move', type: 'line', source, filter: is('shape', 'move'), ...details,
      paint: { 'line-color': p.new, 'line-width': width(1, 2), 'line-dasharray': [1.5, 1.5] },
    },
    // Where there are too many of them for their shapes, nodes are dots: shapes would cover each other's colours.
    ...(diff.crowded ? [dots('dot', colour, untagged, CORNERS_ZOOM)] : []),
    ...(diff.simplified ? [dots('tagged-dot', colour, tagged, DETAILS_ZOOM)] : []),
    {
      id: 'node-halo', type: 'circle', source, filter: is('shape', 'node'), ...details,
      paint: { 'circle-color': p.halo, 'circle-radius': 12, 'circle-opacity': ['case', lit, 0.9, 0] },
    },
    {
      id: 'corner', type: 'symbol', source, filter: every(is('shape', 'node'), untagged),
      ...(diff.crowded ? { minzoom: CORNERS_ZOOM } : {}), layout: shapes(0.6),
    },
    {
      id: 'node', type: 'symbol', source, filter: every(is('shape', 'node'), tagged), ...details, layout: shapes(1),
    },
    {
      id: 'arrow', type: 'symbol', source, filter: is('shape', 'arrow'), ...details,
      layout: {
        'icon-image': isDark ? 'arrow-dark' : 'arrow-light',
        'icon-rotate': get('bearing'),
        'icon-size': ['interpolate', ['linear'], ['zoom'], 11, 0.35, 15, 0.7, 18, 1],
        'icon-rotation-alignment': 'map',
        'icon-anchor': 'top',
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
      },
    },
    {
      id: 'metres', type: 'symbol', source, filter: is('shape', 'arrow'), minzoom: 12,
      layout: {
        'icon-image': ['concat', isDark ? 'dark:' : 'light:', get('metres')],
        'icon-offset': [0, 18],
        // Many would hide what moved: the longest move has its metres first.
        'icon-padding': moves > MANY_MOVES ? 24 : 4,
        'symbol-sort-key': ['-', 0, get('distance')],
      },
    },
  ];
}

function dots(id: string, colour: ExpressionSpecification, which: ExpressionSpecification, maxzoom: number): LayerSpecification {
  const paint = { 'circle-color': colour, 'circle-radius': width(1.5, 4), 'circle-opacity': 0.8 };
  return { id, type: 'circle', source: 'diff', filter: every(is('shape', 'node'), which), maxzoom, paint };
}

/** What changes with the colour scheme: layer, property, value. */
export function colours(diff: Diff, isDark: boolean): [string, string, unknown][] {
  return layers(diff, isDark).flatMap((layer) =>
    Object.entries(layer.paint ?? {})
      .filter(([name]) => name.endsWith('-color'))
      .map(([name, value]): [string, string, unknown] => [layer.id, name, value]),
  );
}
