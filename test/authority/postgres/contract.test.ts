import { afterAll, beforeAll, describe } from 'vitest';
import { lacksPostgres } from '../../support/postgres-programs.ts';
import { testedStore } from '../../support/stores.ts';

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

describe.skipIf(lacksPostgres())('on PostgreSQL', () => {
  // While the tests are collected, and while they run.
  const usePostgres = () => {
    testedStore.kind = 'postgres';
  };
  if (!lacksPostgres()) usePostgres();
  beforeAll(usePostgres);
  afterAll(() => {
    testedStore.kind = 'sqlite';
  });
  for (const suite of suites) {
    // As another module than the one that the suite's own run has loaded.
    describe(suite, () => import(/* @vite-ignore */ `../${suite}.test.ts?postgres`));
  }
});
