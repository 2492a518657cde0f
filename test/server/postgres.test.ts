import { afterAll, beforeAll, describe } from 'vitest';
import { lacksPostgres } from '../support/postgres-programs.ts';
import { testedStore } from '../support/stores.ts';

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
    describe(suite, () => import(/* @vite-ignore */ `./${suite}.test.ts?postgres`));
  }
});
