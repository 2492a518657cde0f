// `npm test [-- <vitest arguments>]`: types, lint and format, then the tests. Stops at the first that fails.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const bin = (...path) => join(root, 'node_modules', ...path);
const steps = [
  ['types', bin('typescript', 'bin', 'tsc'), '--noEmit'],
  ['lint and format', bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'],
  ['tests', bin('vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)],
];
for (const [name, ...args] of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`npm test: ${name} failed`);
    process.exit(status ?? 1);
  }
}
