// The page of a changeset: its map is loaded after the page itself.
import { all, isForField, make, one } from './dom.ts';
import { DETAILS_ZOOM, fetchDiff, type Diff, type Group, type Which } from './diff.ts';
import { ready, start } from './page.ts';
import type { Camera, Drawing, View } from './drawing.ts';
import { number, t } from './words.ts';
import type { Phrase } from './words/en.ts';

const GROUPS: Group[] = ['create', 'modify', 'delete', 'moved', 'member'];
const SIDES: Record<string, Which> = { o: 'both', b: 'before', a: 'after' };

/** As in site.css: the map stands beside the list. */
const BESIDE = matchMedia('(min-width: 66rem)');
const started = start();

async function changeset(box: HTMLElement): Promise<void> {
  box.hidden = false;
  for (const link of all('.to-map')) link.hidden = false;
  const state = one('.map-state', box);
  const say = (name: string, words = '', ...more: Node[]) => {
    box.dataset['state'] = name;
    state?.replaceChildren(words, ...more);
  };
  const attempt = async () => {
    await started;
    say('loading', t('Loading the map…'));
    try {
      const diff = await fetchDiff(box.dataset['diff'] ?? '');
      if (!diff.box) return say('empty', emptyWords());
      await draw(box, diff, say);
    } catch (error) {
      console.info(error);
      const again = make('button', { type: 'button' }, t('Try again'));
      again.addEventListener('click', () => void attempt());
      say('failed', `${t('The map could not be loaded.')} `, again);
    }
  };
  await attempt();
}

/** Why there is nothing to draw. */
function emptyWords(): string {
  const relations = all('.element[id^="relation-"]').length > 0;
  const others = all('.element:not([id^="relation-"])').length > 0;
  if (relations && !others) return t('Nothing to draw: only tags or members of relations changed.');
  return t('Nothing to draw: no position is known of what changed.');
}

async function draw(box: HTMLElement, diff: Diff, say: (name: string, words?: string) => void): Promise<void> {
  const canvas = one('.map-canvas', box);
  if (!canvas) return;
  const view = readView();
  const picked = (key: string | null, overlapping: string[]) => {
    view.key = key;
    writeView(view);
    showCard(box, diff, key, overlapping);
    markElement(key, 'reveal');
  };
  const place = one<HTMLAnchorElement>('#place', box);
  let zoom = 0;
  const tell = () => say('ready', blank(diff, view) || notice(diff, zoom));
  const shows = (camera: Camera) => {
    zoom = camera.zoom;
    if (place) {
      // Its tiles are half as wide as ours.
      const theirs = Math.min(Math.round(zoom) + 1, 19);
      place.href = `${place.dataset['osm']}/#map=${theirs}/${camera.lat.toFixed(5)}/${camera.lon.toFixed(5)}`;
      place.hidden = false;
    }
    if (box.dataset['state'] === 'ready') tell();
  };
  const options = { container: canvas, box, diff, view, picked, moved: () => writeView(view), shows };
  let drawing: Drawing;
  if (canDraw()) {
    const { drawMap } = await import('./map.ts');
    drawing = await drawMap(options);
    tell();
  } else {
    const { drawSvg } = await import('./svg.ts');
    drawing = drawSvg(options);
    say('no-webgl', t('This browser has no WebGL: a plain drawing is shown instead.'));
  }
  controls(box, diff, view, drawing, () => box.dataset['state'] === 'ready' && tell());
  listen(diff, view, drawing, box);
  if (view.key) {
    markElement(view.key, 'reveal');
    showCard(box, diff, view.key, [view.key]);
  }
}

function canDraw(): boolean {
  try {
    return Boolean(document.createElement('canvas').getContext('webgl2'));
  } catch {
    return false;
  }
}

/** Why nothing is drawn although there is something to draw. */
function blank({ features }: Diff, { side, off }: View): string {
  const hidden = { both: '', before: 'new', after: 'old' }[side];
  const sided = features.filter(({ properties }) => properties.side !== hidden && !['move', 'arrow'].includes(properties.shape));
  if (sided.length === 0) return side === 'before' ? t('Nothing of it was there before.') : t('Nothing of it is there afterwards.');
  return sided.every(({ properties }) => off.has(properties.group)) ? t('All that there is to draw is switched off.') : '';
}

function notice(diff: Diff, zoom: number): string {
  if (!diff.simplified || zoom >= DETAILS_ZOOM) return '';
  return t('{n} elements: nodes are dots, and moves are not shown, until you zoom in.', { n: number(diff.elements) });
}

/** Which side, which groups, which element, which part of the map: all of it in the address. */
function readView(): View {
  const query = new URLSearchParams(location.search);
  const side = query.get('side');
  const off = (query.get('off') ?? '').split(',').filter((group): group is Group => GROUPS.includes(group as Group));
  const [zoom, lat, lon] = (query.get('map') ?? '').split('/').map(Number);
  const camera =
    zoom !== undefined && lat !== undefined && lon !== undefined && [zoom, lat, lon].every(Number.isFinite)
      ? { zoom, lat, lon }
      : null;
  return {
    side: side === 'before' || side === 'after' ? side : 'both',
    off: new Set(off),
    key: keyOfHash(),
    camera,
  };
}

function keyOfHash(): string | null {
  const found = /^#(node|way|relation)-(\d+)$/.exec(location.hash);
  return found ? `${found[1]}/${found[2]}` : null;
}

function writeView({ side, off, key, camera }: View): void {
  const query = new URLSearchParams(location.search);
  const set = (name: string, value: string) => (value ? query.set(name, value) : query.delete(name));
  set('side', side === 'both' ? '' : side);
  set('off', [...off].join(','));
  set('map', camera ? `${camera.zoom.toFixed(2)}/${camera.lat.toFixed(5)}/${camera.lon.toFixed(5)}` : '');
  const text = query.toString().replaceAll('%2F', '/').replaceAll('%2C', ',');
  const hash = key ? `#${key.replace('/', '-')}` : '';
  history.replaceState(history.state, '', `${location.pathname}${text ? `?${text}` : ''}${hash}`);
}

function controls(box: HTMLElement, diff: Diff, view: View, drawing: Drawing, changed: () => void): void {
  for (const radio of all<HTMLInputElement>('[name=side]', box)) {
    radio.checked = radio.value === view.side;
    radio.addEventListener('change', () => {
      view.side = radio.value as Which;
      drawing.refresh();
      writeView(view);
      changed();
    });
  }
  for (const button of all<HTMLButtonElement>('[data-group]', box)) {
    const group = button.dataset['group'] as Group;
    const count = diff.counts[group];
    button.hidden = count === 0;
    button.querySelector('.n')?.replaceChildren(number(count));
    button.setAttribute('aria-pressed', String(!view.off.has(group)));
    button.addEventListener('click', () => {
      if (!view.off.delete(group)) view.off.add(group);
      button.setAttribute('aria-pressed', String(!view.off.has(group)));
      drawing.refresh();
      writeView(view);
      changed();
    });
  }
  const background = one<HTMLSelectElement>('[name=background]', box);
  background?.addEventListener('change', () => drawing.background(background.value));
  if (background) background.hidden = !drawing.hasBackgrounds;
  const whole = one<HTMLButtonElement>('#whole', box);
  whole?.addEventListener('click', () => {
    view.camera = null;
    writeView(view);
    drawing.whole();
  });
  if (whole) whole.hidden = !drawing.hasBackgrounds;
}

function listen(diff: Diff, view: View, drawing: Drawing, box: HTMLElement): void {
  const keyOf = (target: EventTarget | null): string | null => {
    const element = (target as HTMLElement | null)?.closest<HTMLElement>('.element[id]');
    return element ? element.id.replace('-', '/') : null;
  };
  const choose = (key: string | null, zoom: 'zoom' | 'stay') => {
    view.key = key;
    // Whoever is given the address shall see the element, not where the map was before.
    if (zoom === 'zoom') view.camera = null;
    writeView(view);
    markElement(key, 'stay');
    showCard(box, diff, key, key ? [key] : []);
    drawing.select(key, zoom);
  };
  const list = one('#elements');
  list?.addEventListener('click', (event) => {
    const target = event.target as HTMLElement;
    const key = target.closest('.element > summary, .on-map') ? keyOf(target) : null;
    if (!key) return;
    // Whoever looks for an open element on the map does not want it closed.
    if (target.closest<HTMLDetailsElement>('.element')?.open && view.key !== key) event.preventDefault();
    choose(key, 'zoom');
    if (target.closest('.on-map') && !BESIDE.matches) box.scrollIntoView({ block: 'start' });
  });
  for (const element of all<HTMLDetailsElement>('.element[open]', list ?? document)) offerMap(element);
  list?.addEventListener('toggle', (event) => offerMap(event.target as HTMLElement), { capture: true });
  list?.addEventListener('pointerover', (event) => drawing.hover(keyOf(event.target)));
  list?.addEventListener('pointerleave', () => drawing.hover(null));
  list?.addEventListener('focusin', (event) => drawing.hover(keyOf(event.target)));
  window.addEventListener('hashchange', () => {
    const key = keyOfHash();
    view.key = key;
    if (key) {
      view.camera = null;
      writeView(view);
    }
    markElement(key, 'reveal');
    showCard(box, diff, key, key ? [key] : []);
    drawing.select(key, 'zoom');
  });
  document.addEventListener('keydown', (event) => {
    if (isForField(event)) return;
    const side = SIDES[event.key];
    if (side) {
      const radio = one<HTMLInputElement>(`[name=side][value=${side}]`, box);
      if (radio && !radio.checked) radio.click();
    } else if (event.key === 'Escape' && view.key) choose(null, 'stay');
  });
}

/** A way from an open element to its place on the map. */
function offerMap(element: HTMLElement): void {
  if (!element.matches('.element') || one('.on-map', element)) return;
  element.append(make('button', { type: 'button', class: 'quiet on-map' }, t('On the map')));
}

/** Marks the element in the list; on `reveal` it is opened and scrolled to. */
function markElement(key: string | null, how: 'reveal' | 'stay'): void {
  for (const old of all('.element.selected')) old.classList.remove('selected');
  const element = key ? document.getElementById(key.replace('/', '-')) : null;
  if (!element) return;
  element.classList.add('selected');
  if (how === 'reveal' && element instanceof HTMLDetailsElement) {
    element.open = true;
    // Where the list lies below the map, scrolling to it would take the map away: the card over the map has a link.
    if (BESIDE.matches) element.scrollIntoView({ block: 'nearest' });
  }
}

const ACTIONS: Record<Group, Phrase> = {
  create: '+ created',
  modify: '± modified',
  delete: '− deleted',
  moved: '↔ moved with its nodes',
  member: 'member of a relation',
};

/** What is selected, over the map; how many other elements lie at the same place. */
function showCard(box: HTMLElement, diff: Diff, key: string | null, overlapping: string[]): void {
  const card = one('.map-card', box);
  if (!card) return;
  const info = key ? diff.info.get(key) : undefined;
  card.hidden = !key;
  if (!key) return;
  const title = make('p', { class: 'card-title' });
  const label = info?.label ?? null;
  if (label) title.append(make('bdi', {}, label), ' ');
  const address = document.getElementById(key.replace('/', '-')) ? `#${key.replace('/', '-')}` : '';
  title.append(address ? make('a', { href: address }, key) : key);
  const versions = (info?.versions ?? []).map((version) => `v${version}`).join(' → ');
  const group = info ? t(ACTIONS[info.group]) : t('relation');
  card.replaceChildren(title, make('p', { class: 'muted' }, [group, versions].filter(Boolean).join(' · ')));
  if (overlapping.length > 1) {
    const at = overlapping.indexOf(key) + 1;
    const words = t('{at} of {n} here: click again for the next', { at, n: overlapping.length });
    card.append(make('p', { class: 'muted' }, words));
  }
}

const box = one('#map');
if (box) await changeset(box);
await started;
ready();
