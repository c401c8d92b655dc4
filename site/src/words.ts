// The reader's language. Pages are written in English (words/en.ts); other catalogues have these words in theirs.
import type { Phrase, Translation } from './words/en.ts';

const KEY = 'osmtracker:language';
const LOADERS: Record<string, () => Promise<{ default: Translation; patterns: readonly RegExp[] }>> = {
  de: () => import('./words/de.ts'),
};

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function choose(): string {
  const wanted = [stored(), ...navigator.languages].map((tag) => tag?.toLowerCase().split('-')[0] ?? '');
  return wanted.find((tag) => tag === 'en' || tag in LOADERS) ?? 'en';
}

/** `en` or `de`. */
export const language: string = choose();
/** Words by the English ones, and translations by the pattern. */
let catalogue: { phrases: Record<string, string>; patterns: [RegExp, string][] } | null = null;
const loaded: Promise<unknown> = load();

async function load(): Promise<void> {
  const loader = LOADERS[language];
  if (!loader) return;
  const { default: words, patterns } = await loader();
  catalogue = { phrases: words.phrases, patterns: patterns.map((pattern, at) => [pattern, words.patterns[at] ?? '']) };
}

/** Keeps the reader's choice for the next page. */
export function remember(tag: string): void {
  try {
    localStorage.setItem(KEY, tag);
  } catch {
    // Storage may be forbidden: then the browser's own language decides again.
  }
}

const numbers = new Intl.NumberFormat(language);

export function number(value: number): string {
  return numbers.format(value);
}

/** A phrase in the reader's language; `{name}` stands for a value. */
export function t(phrase: Phrase, values: Record<string, string | number> = {}): string {
  const words = catalogue?.phrases[phrase] ?? phrase;
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** What strangers wrote, and what the operator configured, stays as it is. */
const FOREIGN = 'bdi, [dir], [data-own], code, kbd, time, script, style, svg a';

/** A phrase or a text with numbers; `null` when the catalogue does not have it. */
export function lookUp(text: string): string | null {
  if (!catalogue) return null;
  const phrase = catalogue.phrases[text];
  if (phrase !== undefined) return phrase;
  for (const [pattern, replacement] of catalogue.patterns) {
    const found = pattern.exec(text);
    if (found) return replacement.replace(/\$(\d)/g, (_, n: string) => lookUp(found[Number(n)] ?? '') ?? found[Number(n)] ?? '');
  }
  const parts = text.split(', ');
  const words = parts.length > 1 ? parts.map(lookUp) : [];
  return words.length > 0 && words.every((word) => word !== null) ? words.join(', ') : null;
}

function inReadersLanguage(text: string): string {
  const trimmed = text.trim();
  if (!/\p{L}/u.test(trimmed)) return text;
  const words = lookUp(trimmed.replace(/\s+/g, ' '));
  return withNumbers(words === null ? text : text.replace(trimmed, () => words));
}

/** Numbers as the pages write them, `1,022` and `1.2 km`, as the reader's language does. */
function withNumbers(text: string): string {
  return text
    .replace(/(?<![\d.])\d{1,3}(,\d{3})+(?![\d.])/g, (digits) => number(Number(digits.replaceAll(',', ''))))
    .replace(/\d+\.\d+(?= (k|c)?m\b)/g, (digits) => number(Number(digits)));
}

/** Puts the site's own words below `within` into the reader's language. */
export async function translate(within: Element): Promise<void> {
  await loaded;
  if (!catalogue) return;
  document.documentElement.lang = language;
  translateNow(within);
}

/** The same for what is added later, when the catalogue is there. */
export function translateNow(within: Element): void {
  if (!catalogue) return;
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node instanceof Element && node.matches(FOREIGN) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  for (let node: Node | null = walker.currentNode; node; node = walker.nextNode()) {
    if (node instanceof Text) {
      const words = inReadersLanguage(node.data);
      if (words !== node.data) node.data = words;
    } else if (node instanceof Element) {
      for (const name of ['title', 'aria-label', 'placeholder']) {
        const value = node.getAttribute(name);
        if (value) node.setAttribute(name, inReadersLanguage(value));
      }
    }
  }
}
