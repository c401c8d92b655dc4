// Older hours on demand. Their documents carry the rows as the one template made them.
import { all, make, one, parse } from './dom.ts';
import type { Rows } from './rows.ts';
import { number, t } from './words.ts';

type Hour = { items: { tags: string[]; row_html: string }[] };

/** Rows that one click brings, if there are as many; a click without any seems to do nothing. */
const ENOUGH = 25;
/** Hours that one click reads at most, a few at a time. */
const MOST_HOURS = 48;
const AT_ONCE = 6;

export function older(rows: Rows): void {
  const nav = one('#older-hours');
  const links = nav ? all<HTMLAnchorElement>('a', nav) : [];
  if (!nav || links.length === 0) return;
  const status = make('span', { class: 'muted', role: 'status' });
  const button = make('button', { type: 'button', class: 'wide' }, t('Load older changesets'));
  nav.replaceChildren(button, status);
  const left = links.map((link) => link.getAttribute('href') ?? '');
  let loads = false;

  const load = async () => {
    if (loads) return;
    loads = true;
    button.setAttribute('aria-busy', 'true');
    status.textContent = t('Loading…');
    const fitting: HTMLElement[] = [];
    let oldest = '';
    try {
      for (let n = 0; n < MOST_HOURS && fitting.length < ENOUGH && left.length > 0; n += AT_ONCE) {
        const batch = left.slice(0, AT_ONCE);
        const found = (await Promise.all(batch.map((address) => hour(rows, address)))).flat();
        left.splice(0, batch.length);
        oldest = /([\d-]+T\d+)\.json$/.exec(batch.at(-1) ?? '')?.[1]?.replace('T', ' ') ?? oldest;
        rows.put(found);
        fitting.push(...found.filter((row) => !row.hidden));
      }
      const values = { n: number(fitting.length), when: `${oldest}:00` };
      const words = fitting.length === 1 ? '1 more found, back to {when} UTC' : '{n} more found, back to {when} UTC';
      status.textContent = t(words, values);
      const first = fitting.sort((a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1)[0];
      first?.querySelector<HTMLElement>('h2 a')?.focus({ preventScroll: true });
      if (left.length === 0) {
        rows.isWhole();
        button.replaceWith(make('p', { class: 'muted' }, t('There are no older changesets.')));
      }
    } catch {
      status.textContent = t('The older changesets could not be loaded; try again.');
    }
    button.removeAttribute('aria-busy');
    loads = false;
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
