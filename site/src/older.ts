// Older hours on demand. Their documents carry the rows as the one template made them.
import { all, make, one, parse } from './dom.ts';
import type { Rows } from './rows.ts';
import { t } from './words.ts';

type Hour = { items: { tags: string[]; row_html: string }[] };

/** Hours that are asked for at once when they bring nothing that is not here already. */
const EMPTY_HOURS = 24;

export function older(rows: Rows): void {
  const nav = one('#older-hours');
  const links = nav ? all<HTMLAnchorElement>('a', nav) : [];
  if (!nav || links.length === 0) return;
  const status = make('span', { class: 'muted', role: 'status' });
  const button = make('button', { type: 'button', class: 'wide' }, t('Load older changesets'));
  nav.replaceChildren(button, status);
  const left = links.map((link) => link.getAttribute('href') ?? '');

  const load = async () => {
    button.disabled = true;
    status.textContent = t('Loading…');
    try {
      let found: HTMLElement[] = [];
      for (let n = 0; n < EMPTY_HOURS && found.length === 0 && left.length > 0; n++) {
        found = await hour(rows, left[0] ?? '');
        left.shift();
      }
      rows.put(found);
      status.textContent = '';
      found.find((row) => !row.hidden)?.querySelector<HTMLElement>('h2 a')?.focus({ preventScroll: true });
      if (left.length === 0) nav.replaceChildren(make('p', { class: 'muted' }, t('There are no older changesets.')));
    } catch {
      status.textContent = t('The older changesets could not be loaded; try again.');
    }
    button.disabled = false;
  };
  button.addEventListener('click', () => void load());
}

async function hour(rows: Rows, address: string): Promise<HTMLElement[]> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  const { items } = (await response.json()) as Hour;
  const html = items.filter((item) => isInView(rows, item.tags)).map((item) => item.row_html);
  const found = all('.row', parse(`<ol>${html.join('')}</ol>`));
  // Rows in documents of hours are written for the front page.
  return rows.adopt(found.filter((row) => !rows.byId(row.id)), '');
}

/** The rule of a view, as the list names it. */
function isInView({ list }: Rows, labels: string[]): boolean {
  const names = (key: string): string[] => JSON.parse(list?.dataset[key] ?? '[]') as string[];
  const has = (name: string) => labels.includes(name);
  const any = names('any');
  return (any.length === 0 || any.some(has)) && names('all').every(has) && !names('none').some(has);
}
