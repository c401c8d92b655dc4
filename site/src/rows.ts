// The rows of a list: what is shown of them, and in which order.
import { all, one, root } from './dom.ts';
import { relate } from './time.ts';
import { number, t, translateNow } from './words.ts';

/** A word that is searched for, in one fact of a row or in all its text; or that it must not have. */
export type Word = { text: string; of: 'text' | 'user' | 'editor' | 'labels'; not: boolean };

/** What the reader asks for. All of it is in the address. */
export type Wish = { words: Word[]; only: Set<string>; least: number; order: string };

export const DEFAULT_ORDER = 'newest';

type Facts = {
  text: string;
  user: string;
  editor: string;
  labels: string;
  is: Set<string>;
  changes: number;
  comments: number;
  time: string;
};

export class Rows {
  readonly list: HTMLElement | null = one('#rows');
  readonly count: HTMLElement | null = one('#shown');
  /** Discussions come by their newest comment. */
  private readonly byComment = this.list?.dataset['order'] === 'comment';
  private readonly sent = this.all().length;
  /** Of the whole list, with those that are not here. */
  total = Number(this.list?.dataset['total'] ?? 0);
  private asksForAll = true;
  private wish: Wish = { words: [], only: new Set(), least: 0, order: DEFAULT_ORDER };
  private readonly facts = new WeakMap<HTMLElement, Facts>();

  all(): HTMLElement[] {
    return all(':scope > .row', this.list ?? document);
  }

  shown(): HTMLElement[] {
    return this.all().filter((row) => !row.hidden);
  }

  byId(id: string): HTMLElement | null {
    const row = document.getElementById(id);
    return row?.parentElement === this.list ? row : null;
  }

  private of(row: HTMLElement): Facts {
    let facts = this.facts.get(row);
    if (!facts) {
      const parts = all('h2, .who, .flags, .chips, .facts, blockquote', row).map((part) => part.textContent);
      facts = {
        text: parts.join('\n').toLowerCase(),
        is: new Set((row.dataset['is'] ?? '').split(' ')),
        changes: Number(row.dataset['changes'] ?? 0),
        comments: Number(row.dataset['comments'] ?? 0),
        user: one('.who .user', row)?.textContent?.toLowerCase() ?? '',
        editor: one('.who .editor', row)?.textContent?.toLowerCase() ?? '',
        labels: (row.dataset['labels'] ?? '').toLowerCase(),
        time: one<HTMLTimeElement>(this.byComment ? 'blockquote time' : '.who time', row)?.dateTime ?? '',
      };
      this.facts.set(row, facts);
    }
    return facts;
  }

  private fits(row: HTMLElement): boolean {
    if (this.asksForAll) return true;
    const facts = this.of(row);
    const { words, only, least } = this.wish;
    return (
      facts.changes >= least &&
      [...only].every((flag) => facts.is.has(flag)) &&
      words.every((word) => facts[word.of].includes(word.text) !== word.not)
    );
  }

  /** Everything that there is has been loaded. */
  isWhole(): void {
    this.total = this.all().length;
    this.filter();
  }

  ask(wish: Wish): void {
    const sorted = wish.order !== this.wish.order;
    this.wish = wish;
    this.asksForAll = wish.words.length + wish.only.size + wish.least === 0;
    if (sorted) this.sort();
    this.filter();
  }

  private filter(): void {
    const rows = this.all();
    let shown = 0;
    for (const row of rows) {
      const fits = this.fits(row);
      shown += Number(fits);
      if (row.hidden === fits) row.hidden = !fits;
    }
    const unfit = one('#unfit');
    if (unfit) unfit.hidden = shown > 0 || rows.length === 0;
    if (!this.count) return;
    // As long as all rows of the page are there, its own words say more.
    const asSent = shown === rows.length && rows.length === this.sent;
    const lead = one('#count');
    if (lead) lead.hidden = !asSent;
    if (asSent) return this.count.replaceChildren();
    const values = { shown: number(shown), all: number(rows.length), total: number(Math.max(this.total, rows.length)) };
    const isAll = rows.length >= this.total;
    this.count.textContent = isAll
      ? t('{shown} of {all} changesets', values)
      : t('{shown} of the newest {all} changesets, of {total}', values);
  }

  private sort(): void {
    const rows = this.all();
    rows.sort((a, b) => this.compare(this.of(a), this.of(b)) || Number(b.id.slice(1)) - Number(a.id.slice(1)));
    // Only what stands elsewhere is moved: an element that is moved loses the reader's focus.
    let next = this.list?.firstElementChild ?? null;
    for (const row of rows) {
      if (row === next) next = next.nextElementSibling;
      else this.list?.insertBefore(row, next);
    }
  }

  private compare(a: Facts, b: Facts): number {
    const newest = b.time < a.time ? -1 : b.time > a.time ? 1 : 0;
    switch (this.wish.order) {
      case 'changes':
        return b.changes - a.changes || newest;
      case 'comments':
        return b.comments - a.comments || newest;
      case 'user':
        return a.user.localeCompare(b.user) || newest;
      default:
        return newest;
    }
  }

  /** Makes rows of another document rows of this page: in the reader's language and time. */
  adopt(rows: HTMLElement[], theirRoot = root): HTMLElement[] {
    return rows.map((foreign) => {
      const row = document.importNode(foreign, true);
      if (theirRoot !== root) {
        for (const link of all<HTMLAnchorElement>('a[href]', row)) {
          const href = link.getAttribute('href') ?? '';
          if (!/^[a-z]+:/i.test(href)) link.setAttribute('href', root + href);
        }
      }
      translateNow(row);
      relate(row);
      return row;
    });
  }

  /** Puts rows where their time belongs. What the reader looks at stays in place. */
  put(rows: HTMLElement[]): void {
    if (!this.list) return;
    if (rows.length > 0) {
      this.list.hidden = false;
      one('#nothing')?.remove();
    }
    for (const row of rows) {
      const old = this.byId(row.id);
      if (old) {
        keepOpen(old, row);
        old.replaceWith(row);
      } else {
        this.list.append(row);
      }
    }
    this.sort();
    this.filter();
  }
}

/** Details that the reader opened stay open. */
function keepOpen(old: HTMLElement, row: HTMLElement): void {
  const details = all<HTMLDetailsElement>('details', row);
  all<HTMLDetailsElement>('details', old).forEach((one, at) => {
    const same = details[at];
    if (same) same.open = one.open;
  });
}
