// A changeset's diff.geojson, made ready for drawing: groups, shapes beside lines, arrows.
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson';

export type Side = 'old' | 'new' | 'both';
export type Group = 'create' | 'modify' | 'delete' | 'moved' | 'member';
export type Which = 'both' | 'before' | 'after';

/** As published: see docs/data-formats.md. */
type Published = {
  kind: 'element' | 'move' | 'member';
  action: 'create' | 'modify' | 'delete';
  side?: Side;
  type: 'node' | 'way' | 'relation';
  id: number;
  version?: number;
  label?: string;
  tags?: Record<string, string>;
  tags_changed?: boolean;
  geometry_changed?: boolean;
  via_nodes?: boolean;
  distance_m?: number;
  relation?: number;
  role?: string;
  member?: 'added' | 'removed' | 'kept';
};

/** What layers and filters look at. Tags stay outside: the map would carry them to its worker for nothing. */
export type Drawn = {
  /** `way/4711`: what the list and the map call the element. */
  key: string;
  group: Group;
  side: Side;
  shape: 'line' | 'area' | 'node' | 'move' | 'arrow' | 'member';
  /** Whether a node has tags; a corner of a way has none. */
  tagged: boolean;
  member?: 'added' | 'removed' | 'kept';
  metres?: string;
  distance?: number;
  bearing?: number;
};

export type DrawnFeature = Feature<Geometry, Drawn> & { id: number };

export type Box = [number, number, number, number];

export type Diff = {
  features: DrawnFeature[];
  box: Box | null;
  /** Distinct elements of each group. */
  counts: Record<Group, number>;
  elements: number;
  /** What is known of an element, by its key. */
  info: Map<string, Info>;
  /** Nodes without tags are only drawn from near. */
  simplified: boolean;
  /** So many nodes without tags that their shapes would cover each other: they are dots until the reader is near. */
  crowded: boolean;
};

export type Info = { key: string; label: string | null; group: Group; versions: number[]; relations: Set<number>; role: string | null };

/** Beyond this the map leaves details out until the reader is near. */
export const MANY_ELEMENTS = 2_000;
const MANY_NODES = 200;
/** From where all nodes and moves are drawn, however many elements there are. */
export const DETAILS_ZOOM = 15;

const AREA_KEYS = ['building', 'landuse', 'natural', 'leisure', 'amenity', 'place', 'area', 'tourism', 'aeroway', 'shop'];

export async function fetchDiff(address: string): Promise<Diff> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return prepare((await response.json()) as FeatureCollection<Geometry, Published>);
}

export function prepare(collection: FeatureCollection<Geometry, Published>): Diff {
  const features: DrawnFeature[] = [];
  const keys: Record<Group, Set<string>> = {
    create: new Set(),
    modify: new Set(),
    delete: new Set(),
    moved: new Set(),
    member: new Set(),
  };
  const info: Diff['info'] = new Map();
  const add = (geometry: Geometry, properties: Drawn) => {
    features.push({ type: 'Feature', id: features.length + 1, geometry, properties });
  };
  for (const { geometry, properties } of collection.features) {
    const group = groupOf(properties);
    const key = `${properties.type}/${properties.id}`;
    keys[group].add(group === 'member' ? `relation/${properties.relation}` : key);
    tell(info, key, group, properties);
    draw(add, geometry, properties, key, group);
  }
  const counts = Object.fromEntries(Object.entries(keys).map(([group, set]) => [group, set.size])) as Diff['counts'];
  const elements = counts.create + counts.modify + counts.delete + counts.moved;
  const untagged = features.filter(({ properties: { shape, tagged } }) => shape === 'node' && !tagged).length;
  const simplified = elements > MANY_ELEMENTS;
  return { features, box: boxOf(features), counts, elements, info, simplified, crowded: simplified || untagged > MANY_NODES };
}

function groupOf({ kind, via_nodes, action }: Published): Group {
  if (kind === 'member') return 'member';
  return via_nodes ? 'moved' : action;
}

function tell(info: Diff['info'], key: string, group: Group, properties: Published): void {
  const known = info.get(key);
  const one = known ?? { key, label: null, group, versions: [], relations: new Set<number>(), role: null };
  if (!known) info.set(key, one);
  if (one.group === 'member') one.group = group;
  one.label ??= properties.label ?? null;
  if (properties.version && !one.versions.includes(properties.version)) one.versions.push(properties.version);
  if (properties.relation) one.relations.add(properties.relation);
  if (properties.role) one.role = properties.role;
}

type Add = (geometry: Geometry, properties: Drawn) => void;

function draw(add: Add, geometry: Geometry, properties: Published, key: string, group: Group): void {
  const { kind, side = 'both', distance_m: distance, tags = {} } = properties;
  const tagged = Object.keys(tags).length > 0;
  const common = { key, group, side, tagged };
  if (kind === 'member') {
    // The relation is what changed: its members are drawn under everything else.
    const relation = `relation/${properties.relation}`;
    add(geometry, { ...common, key: relation, shape: 'member', member: properties.member ?? 'kept' });
  } else if (kind === 'move' && geometry.type === 'LineString') {
    const [from, to] = [geometry.coordinates[0], geometry.coordinates.at(-1)];
    if (!from || !to) return;
    add(geometry, { ...common, shape: 'move', tagged: true });
    const metres = distance === undefined ? '' : metresOf(distance);
    add({ type: 'Point', coordinates: to }, { ...common, shape: 'arrow', bearing: bearing(from, to), metres, distance: distance ?? 0 });
  } else if (geometry.type === 'Point') {
    add(geometry, { ...common, shape: 'node' });
  } else {
    if (geometry.type === 'LineString' && isArea(geometry.coordinates, tags)) {
      add({ type: 'Polygon', coordinates: [geometry.coordinates] }, { ...common, shape: 'area' });
    }
    add(geometry, { ...common, shape: 'line' });
  }
}

function isArea(line: Position[], tags: Record<string, string>): boolean {
  const [first, last] = [line[0], line.at(-1)];
  const closed = line.length > 3 && first && last && first[0] === last[0] && first[1] === last[1];
  return Boolean(closed) && tags['area'] !== 'no' && AREA_KEYS.some((key) => key in tags) && !('highway' in tags);
}

export function metresOf(distance: number): string {
  if (distance >= 1000) return `${(distance / 1000).toFixed(1)} km`;
  return distance >= 10 ? `${Math.round(distance)} m` : `${distance.toFixed(1)} m`;
}

/** Clockwise from north, in degrees, on a map true to angles. */
function bearing([lon1 = 0, lat1 = 0]: Position, [lon2 = 0, lat2 = 0]: Position): number {
  const squeeze = Math.cos(((lat1 + lat2) / 2) * (Math.PI / 180));
  return (Math.atan2((lon2 - lon1) * squeeze, lat2 - lat1) * 180) / Math.PI;
}

export function positions(geometry: Geometry): Position[] {
  switch (geometry.type) {
    case 'Point':
      return [geometry.coordinates];
    case 'LineString':
    case 'MultiPoint':
      return geometry.coordinates;
    case 'MultiLineString':
    case 'Polygon':
      return geometry.coordinates.flat();
    default:
      return [];
  }
}

/** What moved with its nodes may be a whole coast: it is left out where it is so many times as large as the rest. */
const FAR_LARGER = 2.2;

/**
 * The box around features. Members of relations count only where nothing else is drawn: a route through a country
 * would hide a change of one stop.
 */
export function boxOf(features: DrawnFeature[]): Box | null {
  const own = features.filter(({ properties }) => properties.shape !== 'member');
  const changed = features.filter(({ properties }) => properties.member === 'added' || properties.member === 'removed');
  const counted = [own, changed, features].find((some) => some.length > 0) ?? [];
  const all = around(counted);
  const still = around(counted.filter(({ properties }) => properties.group !== 'moved'));
  return all && still && size(all) > FAR_LARGER * size(still) ? still : all;
}

const size = ([west, south, east, north]: Box): number => Math.max(east - west, north - south);

function around(features: DrawnFeature[]): Box | null {
  let box: Box | null = null;
  for (const feature of features) {
    for (const [lon = 0, lat = 0] of positions(feature.geometry)) {
      box = box
        ? [Math.min(box[0], lon), Math.min(box[1], lat), Math.max(box[2], lon), Math.max(box[3], lat)]
        : [lon, lat, lon, lat];
    }
  }
  return box;
}
