// Pages that only show: summary, about.
import { ready, start } from './page.ts';

await start();
ready();
