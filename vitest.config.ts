import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const processes = ['test/e2e/**', 'test/smoke/**', 'test/soak/**'];

/** A lane of tests: `unit` runs in this process, `smoke` and `e2e` with real ones, `soak` many rounds of those. */
function lane(name: string, include: string, exclude: readonly string[] = []) {
  return {
    test: {
      name,
      include: [include],
      exclude: [...exclude],
      testTimeout: 30_000,
      hookTimeout: 30_000,
      // A machine that others use may keep a process waiting too long: what fails twice is wrong.
      retry: process.env.CI ? 1 : 0,
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      lane('unit', 'test/**/*.test.ts', processes),
      lane('smoke', 'test/smoke/**/*.test.ts'),
      lane('e2e', 'test/e2e/**/*.test.ts'),
      lane('soak', 'test/soak/**/*.test.ts'),
    ],
    globalSetup: ['test/support/real-parts.ts'],
    // Much of the time a test waits for other processes.
    maxWorkers: Math.max(2, availableParallelism()),
  },
});
