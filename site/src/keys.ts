// Keys: / search, j and k the next and previous row, Enter opens it, ? tells about them.
import { isForField, one } from './dom.ts';
import type { Rows } from './rows.ts';

export function keys(rows: Rows): void {
  const help = one<HTMLDialogElement>('#help');
  const button = one('#help-button');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', () => help?.showModal());
  }
  document.addEventListener('keydown', (event) => {
    if (isForField(event)) return;
    const does: Record<string, () => void> = {
      '/': () => one<HTMLInputElement>('#tools [name=q]')?.select(),
      j: () => step(rows, 1),
      k: () => step(rows, -1),
      '?': () => help?.showModal(),
    };
    const act = does[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function step(rows: Rows, by: 1 | -1): void {
  const shown = rows.shown();
  const current = document.activeElement?.closest<HTMLElement>('.row') ?? null;
  let at = current ? shown.indexOf(current) + by : -1;
  if (!current) {
    // Nothing is chosen yet: the first row on the screen is next.
    at = shown.findIndex((row) => row.getBoundingClientRect().bottom > 80);
  }
  const row = shown[Math.min(Math.max(at, 0), shown.length - 1)];
  row?.scrollIntoView({ block: 'nearest' });
  row?.querySelector<HTMLElement>('h2 a')?.focus({ preventScroll: true });
}
