// Lists: search, sort, filters, live update, older hours, keys. Rows come from the pages and documents as they are.
import { keys } from './keys.ts';
import { live } from './live.ts';
import { older } from './older.ts';
import { keepList, ready, start } from './page.ts';
import { Rows } from './rows.ts';
import { tools } from './tools.ts';

await start();
const rows = new Rows();
if (rows.list) {
  keepList();
  tools(rows);
  live(rows);
  older(rows);
  keys(rows);
}
ready();
