// Small helpers over the DOM. Nothing here takes markup: strangers' words become text nodes.

export const root = document.documentElement.dataset['root'] ?? '';

export function one<E extends HTMLElement>(selector: string, within: ParentNode = document): E | null {
  return within.querySelector<E>(selector);
}

export function all<E extends HTMLElement>(selector: string, within: ParentNode = document): E[] {
  return [...within.querySelectorAll<E>(selector)];
}

/** An element with attributes (`class`, `type` and so on) and children, of which strings become text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A page or part of one as a document of its own: its scripts do not run. */
export function parse(html: string): Document {
  return new DOMParser().parseFromString(html, 'text/html');
}

/** Whether a key that is pressed is meant for a field, a dialog or the browser rather than for the page. */
export function isForField(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  const field = target?.closest('input:not([type=checkbox], [type=radio]), select, textarea, dialog[open]');
  return Boolean(field) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
}
