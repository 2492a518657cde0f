import { onPostgres } from '../../support/on-postgres.ts';

/*
 * What is tested of the authority with SQLite holds on PostgreSQL, too: the same tests, loaded once more. Left out is what
 * each store does in its own way: what is kept in memory, and how the log is pruned.
 */

const suites = [
  'authority',
  'clock',
  'idempotency',
  'key-selection',
  'key-table',
  'metering',
  'metering-bounds',
  'policy',
  'policy-order',
  'rate-limit',
  'rotation',
  'scoped-keys',
  'sessions',
  'use-log',
];

onPostgres(suites, (suite) => import(/* @vite-ignore */ `../${suite}.test.ts?postgres`));
