// Times as people say them: "12 min ago", with the whole moment in the title.
import { language } from './words.ts';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

const relative = new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'always' });
const absolute = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeStyle: 'long' });

export function ago(moment: number, now = Date.now()): string {
  const seconds = Math.max(0, (now - moment) / 1000);
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return relative.format(-Math.floor(seconds / size), unit);
}

/** Shows the times below `within` relative to now. */
export function relate(within: ParentNode = document): void {
  const now = Date.now();
  for (const time of within.querySelectorAll<HTMLTimeElement>('time[datetime]')) {
    const moment = Date.parse(time.dateTime);
    if (Number.isNaN(moment)) continue;
    const words = ago(moment, now);
    if (time.textContent !== words) time.textContent = words;
  }
}

/** Keeps them right. Times that are hours old change too seldom to be looked at each minute, but that costs little. */
export function keepRelated(): void {
  relate();
  // The moment itself is the title. A thousand of them cost too much to be made before anybody asks.
  document.addEventListener('pointerover', (event) => {
    const time = (event.target as Element | null)?.closest('time');
    if (time && !time.title) time.title = absolute.format(Date.parse(time.dateTime));
  });
  setInterval(() => {
    if (!document.hidden) relate();
  }, 30_000);
}
