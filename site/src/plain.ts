// Pages that only show: summary, about.
import { start } from './page.ts';

await start();
