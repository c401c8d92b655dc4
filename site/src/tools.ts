// Search, sort and filters, all of it in the address so that it can be shared and survives the back button.
import { all, one } from './dom.ts';
import { DEFAULT_ORDER, type Rows, type Wish, type Word } from './rows.ts';

const FACTS: Record<string, Word['of']> = { user: 'user', editor: 'editor', label: 'labels' };

/** `bus -user:"A B" label:mass` as words. */
export function wordsOf(search: string): Word[] {
  const found = search.toLowerCase().matchAll(/(-?)(?:(user|editor|label):)?(?:"([^"]*)"?|(\S*))/g);
  const words = [...found].map(([, not, fact, quoted, plain]) => ({
    text: quoted ?? plain ?? '',
    of: FACTS[fact ?? ''] ?? 'text',
    not: not === '-',
  }));
  return words.filter((word) => word.text !== '' && word.text !== '-');
}

export function tools(rows: Rows): void {
  const form = one<HTMLFormElement>('#tools');
  if (!form) return;
  const search = one<HTMLInputElement>('[name=q]', form);
  const order = one<HTMLSelectElement>('[name=sort]', form);
  const least = one<HTMLInputElement>('[name=min]', form);
  const flags = all<HTMLInputElement>('[name=only]', form);
  if (!search || !order || !least) return;
  form.hidden = false;

  const read = (): Wish => ({
    words: wordsOf(search.value),
    only: new Set(flags.filter((flag) => flag.checked).map((flag) => flag.value)),
    least: Number(least.value) || 0,
    order: order.value,
  });

  const fill = () => {
    const address = new URLSearchParams(location.search);
    const only = new Set((address.get('only') ?? '').split(','));
    search.value = address.get('q') ?? '';
    least.value = address.get('min') ?? '';
    order.value = address.get('sort') ?? DEFAULT_ORDER;
    if (order.selectedIndex < 0) order.value = DEFAULT_ORDER;
    for (const flag of flags) flag.checked = only.has(flag.value);
    rows.ask(read());
    const some = least.value || only.size > Number(only.has(''));
    if (some) one<HTMLDetailsElement>('details', form)?.setAttribute('open', '');
  };

  const address = (): string => {
    const wish = read();
    const query = new URLSearchParams(location.search);
    const set = (name: string, value: string) => (value ? query.set(name, value) : query.delete(name));
    set('q', search.value.trim());
    set('only', [...wish.only].join(','));
    set('min', wish.least ? String(wish.least) : '');
    set('sort', wish.order === DEFAULT_ORDER ? '' : wish.order);
    return `${location.pathname}${query.size ? `?${query}` : ''}${location.hash}`;
  };

  // A word that is typed is one step of the history, not one a letter.
  let typing = false;
  form.addEventListener('input', (event) => {
    rows.ask(read());
    const textual = event.target === search || event.target === least;
    if (textual && typing) history.replaceState(null, '', address());
    else history.pushState(null, '', address());
    typing = textual;
  });
  form.addEventListener('focusout', () => (typing = false));
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('reset', () => {
    setTimeout(() => {
      history.pushState(null, '', location.pathname);
      fill();
    });
  });
  window.addEventListener('popstate', fill);
  fill();
}
