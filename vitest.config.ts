import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ramDisk } from './test/support/ram-disk.ts';

const temporary = ramDisk();
const inProcess = 'test/**/*.test.ts';
const contract = 'test/{remote,server}/conformance*.test.ts';
const docs = 'test/docs/**/*.test.ts';
const postgres = 'test/{authority/postgres/*,server/postgres*,commands/postgres*}.test.ts';
const withProcesses = ['smoke', 'e2e', 'real-parts', 'soak'].map((name) => `test/${name}/**`);

/** A set of test files that runs by itself: `vitest run --project=NAME`. CONTRIBUTING.md says what belongs where. */
function lane(name: string, include: string, exclude: readonly string[] = []) {
  return {
    test: {
      name,
      include: [include],
      exclude: [...exclude],
      // No test is timed: these only end one that hangs, on a machine that others use as well.
      testTimeout: 120_000,
      hookTimeout: 120_000,
      // A busy machine may delay a process too long: what fails twice is wrong.
      retry: process.env.CI ? 1 : 0,
      // Loading the sources anew for each file takes longer than most tests. No test replaces a module or a global.
      isolate: false,
      ...(temporary && { env: { TMPDIR: temporary } }),
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      lane('unit', inProcess, [...withProcesses, contract, docs, postgres]),
      lane('contract', contract),
      lane('docs', docs),
      lane('postgres', postgres),
      lane('smoke', 'test/smoke/**/*.test.ts'),
      lane('e2e', 'test/e2e/**/*.test.ts'),
      lane('real-parts', 'test/real-parts/**/*.test.ts'),
      lane('soak', 'test/soak/**/*.test.ts'),
    ],
    coverage: {
      include: ['src/**'],
      reporter: ['text-summary', 'html'],
      reportsDirectory: 'node_modules/.coverage',
    },
    globalSetup: ['test/support/real-parts.ts'],
    // CI runs vitest several times: all but the first find the sources transformed, by their content.
    experimental: { fsModuleCache: Boolean(process.env.CI) },
    // Tests wait for other processes and for short time limits: more workers than cores keep the cores busy.
    maxWorkers: availableParallelism() + 2,
  },
});
