import { afterAll, beforeAll, describe } from 'vitest';
import { lacksPostgres } from './postgres-programs.ts';
import { testedStore } from './stores.ts';

/**
 * Runs suites of tests once more, with PostgreSQL. `load` imports one as another module than the one that the suite's own
 * run has loaded.
 */
export function onPostgres(suites: readonly string[], load: (suite: string) => Promise<unknown>): void {
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
    for (const suite of suites) describe(suite, async () => void (await load(suite)));
  });
}
