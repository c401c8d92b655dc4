// What every page does: times relative to now, the reader's language.
import { all, make, one, root } from './dom.ts';
import { ago, keepRelated } from './time.ts';
import { language, number, remember, t, translate } from './words.ts';

export type Status = {
  generation: number;
  published_at: string;
  timestamp: string | null;
  sequence: number | null;
  head_sequence: number | null;
  lag_seconds: number | null;
  states?: Record<string, number>;
  waiting_for?: string;
};

/** The site's state; `null` when it cannot be had just now. */
export async function fetchStatus(): Promise<Status | null> {
  try {
    const response = await fetch(`${root}status.json`, { cache: 'no-cache' });
    return response.ok ? ((await response.json()) as Status) : null;
  } catch {
    return null;
  }
}

/** States of changesets that wait for their analysis. */
const WAITING = ['BOUNDS_CHECKED', 'CLOSED', 'ANALYSING1', 'ANALYSING2', 'REANALYSING'];

/** In seconds or minutes; a replay of old edits has no lag worth a number. */
function lag(seconds: number | null): string {
  if (seconds === null || seconds > 86_400) return '–';
  return seconds < 600 ? t('{n} s', { n: number(seconds) }) : t('{n} min', { n: number(Math.round(seconds / 60)) });
}

function behind({ sequence, head_sequence: head }: Status): number | null {
  return sequence === null || head === null ? null : Math.max(0, head - sequence) * 60;
}

/** Fills in how far the site is behind the edits, where a page has a place for it. */
async function showLag(): Promise<void> {
  const place = one('#lag');
  if (!place) return;
  const status = await fetchStatus();
  if (!status) return;
  const cards = [
    [status.timestamp ? ago(Date.parse(status.timestamp)) : '–', t('followed up to')],
    // The upstream writes a file each minute.
    [lag(behind(status)), t('replication lag')],
    [lag(status.lag_seconds), t('processing lag')],
    [number(WAITING.reduce((sum, state) => sum + (status.states?.[state] ?? 0), 0)), t('waiting for analysis')],
    [ago(Date.parse(status.published_at)), t('published')],
  ];
  place.append(...cards.map(([figure, words]) => make('li', {}, make('b', {}, figure ?? ''), ` ${words}`)));
  place.hidden = false;
}

function offerLanguages(): void {
  const place = one('#languages');
  if (!place) return;
  for (const button of all<HTMLButtonElement>('button', place)) {
    button.setAttribute('aria-pressed', String(button.value === language));
    button.addEventListener('click', () => {
      remember(button.value);
      location.reload();
    });
  }
  place.hidden = false;
}

const LIST = 'osmtracker:list';

/** Keeps where a list stood for the changesets that are opened from it. */
export function keepList(): void {
  window.addEventListener('pagehide', () => {
    try {
      sessionStorage.setItem(LIST, location.href);
    } catch {
      // Storage may be forbidden: then the way back is to the front page.
    }
  });
}

/** The way back from a changeset is to the list that it was opened from, with its search. */
function leadBack(): void {
  const back = one<HTMLAnchorElement>('#back');
  if (!back) return;
  try {
    const list = sessionStorage.getItem(LIST);
    const home = new URL(root || '.', location.href).href;
    if (list?.startsWith(home)) back.href = list;
  } catch {
    // It stays as it was sent.
  }
}

/** Says that all keys and controls of the page work: what waits for the page can see it. */
export function ready(): void {
  document.documentElement.dataset['ready'] = '';
}

export async function start(): Promise<void> {
  await translate(document.body);
  keepRelated();
  offerLanguages();
  leadBack();
  await showLag();
}
