// Looks for a new generation of the site and takes up its rows.
import { all, one, parse } from './dom.ts';
import { fetchStatus, type Status } from './page.ts';
import { ago } from './time.ts';
import type { Rows } from './rows.ts';
import { number, t } from './words.ts';

const DEFAULT_POLL_S = 20;
/** A site that was not written for so long stands still: a running one is written each few minutes. */
const STALE_MS = 20 * 60_000;
/** A reader this near to the top sees new rows come by themselves. */
const TOP_PX = 120;

export function live(rows: Rows): void {
  const meta = one<HTMLMetaElement>('meta[name="osmtracker:generation"]');
  const bar = one('#live');
  const words = one('#live-words');
  const pause = one<HTMLButtonElement>('#pause');
  const more = one<HTMLButtonElement>('#new-rows');
  const said = one('#said');
  if (!meta || !bar || !words || !pause || !more || !said) return;
  bar.hidden = false;
  let generation = Number(meta.content);
  let paused = false;
  let status: Status | null = null;
  let asked = false;
  let waiting = new Map<string, HTMLElement>();

  const show = () => {
    const written = status ? Date.parse(status.published_at) : 0;
    const known = !status ? 'offline' : Date.now() - written > STALE_MS ? 'stale' : status.waiting_for ? 'behind' : 'live';
    const state = paused ? 'paused' : asked ? known : 'starting';
    bar.dataset['state'] = state;
    const when = status ? ago(written) : '';
    words.textContent = {
      paused: t('paused'),
      starting: t('connecting'),
      offline: t('no connection, trying again'),
      behind: t('waiting for OpenStreetMap, updated {when}', { when }),
      stale: t('not updated since {when}', { when }),
      live: t('live, updated {when}', { when }),
    }[state];
  };

  const fresh = () => [...waiting.values()].filter((row) => !rows.byId(row.id));

  const offer = () => {
    const n = fresh().length;
    const text = n === 1 ? t('Show 1 new changeset') : t('Show {n} new changesets', { n: number(n) });
    if (!more.hidden !== n > 0) more.hidden = n === 0;
    if (n > 0 && more.textContent !== text) {
      more.textContent = text;
      said.textContent = n === 1 ? t('1 new changeset') : t('{n} new changesets', { n: number(n) });
    }
  };

  /** Takes up what waits. New rows come only when the reader asked for them or is at the top. */
  const takeUp = (withNew: boolean) => {
    const ready = [...waiting.values()].filter((row) => withNew || rows.byId(row.id));
    const isNew = new Set(fresh().map((row) => row.id));
    const known = ready.filter((row) => !isNew.has(row.id));
    const place = anchor(rows);
    rows.put([...known, ...ready.filter((row) => isNew.has(row.id))]);
    for (const row of ready) {
      waiting.delete(row.id);
      if (isNew.has(row.id)) row.classList.add('new');
    }
    place?.();
    offer();
  };

  const look = async () => {
    await readSent().catch(() => {});
    const response = await fetch(location.pathname, { cache: 'no-cache' }).catch(() => null);
    if (!response?.ok) return;
    const page = parse(await response.text());
    const content = one<HTMLMetaElement>('meta[name="osmtracker:generation"]', page)?.content;
    if (!content) return;
    generation = Number(content);
    const theirs = all('#rows > .row', page);
    const differs = theirs.filter((row) => !rows.byId(row.id) || seen.get(row.id) !== row.outerHTML);
    for (const row of theirs) seen.set(row.id, row.outerHTML);
    for (const row of rows.adopt(differs)) waiting.set(row.id, row);
    rows.total = Math.max(rows.total, Number(one('#rows', page)?.dataset['total'] ?? 0));
    const lead = one('#count', page);
    if (lead) one('#count')?.replaceWith(document.importNode(lead, true));
    takeUp(window.scrollY < TOP_PX && !document.activeElement?.closest('#rows'));
  };

  const poll = async () => {
    if (paused || document.hidden) return show();
    status = await fetchStatus();
    asked = true;
    // The page may come from before or after the status: only a page that is older is asked for again.
    if (status && status.generation > generation) await look();
    show();
  };

  // Rows as they were sent: what a reader's language and clock made of them is no change. Read when it is needed.
  const seen = new Map<string, string>();
  let read = false;
  const readSent = async () => {
    if (read) return;
    read = true;
    const [page] = performance.getEntriesByType('navigation');
    const sent = await fetch(page?.name ?? location.href, { cache: 'force-cache' });
    for (const row of all('#rows > .row', parse(await sent.text()))) seen.set(row.id, row.outerHTML);
  };

  pause.addEventListener('click', () => {
    paused = !paused;
    pause.setAttribute('aria-pressed', String(paused));
    pause.textContent = paused ? t('Go on') : t('Pause');
    void poll();
  });
  more.addEventListener('click', () => {
    takeUp(true);
    window.scrollTo({ top: 0 });
    one('h2 a', rows.shown()[0] ?? document)?.focus({ preventScroll: true });
  });
  document.addEventListener('visibilitychange', () => void poll());
  const seconds = Number(document.documentElement.dataset['poll']) || DEFAULT_POLL_S;
  setInterval(() => void poll(), seconds * 1000);
  setInterval(show, 5_000);
  void poll();
  show();
}

/** Remembers where the first visible row stands on the screen; the answer puts it back there. */
function anchor(rows: Rows): (() => void) | null {
  if (window.scrollY < TOP_PX) return null;
  const row = rows.shown().find((one) => one.getBoundingClientRect().bottom > 0);
  if (!row) return null;
  const top = row.getBoundingClientRect().top;
  return () => {
    const now = document.getElementById(row.id)?.getBoundingClientRect().top;
    if (now !== undefined && Math.abs(now - top) >= 1) window.scrollBy(0, now - top);
  };
}

