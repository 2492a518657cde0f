import { onPostgres } from '../support/on-postgres.ts';

/*
 * The server's own API, the formats of other APIs and what holders of a key call, on PostgreSQL: the same tests as with SQLite,
 * loaded once more.
 */

const suites = [
  'admin',
  'admin-lists',
  'admin-rotation',
  'admin-sessions',
  'admin-verify',
  'ceilings',
  'compat',
  'conformance',
  'conformance-uses',
  'privatemind',
  'report-usage',
  'session-tree',
];

onPostgres(suites, (suite) => import(/* @vite-ignore */ `./${suite}.test.ts?postgres`));
