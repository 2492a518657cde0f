// `npm test [-- <vitest arguments>]`: types, lint and format, then the tests. Stops at the first that fails. Lanes of
// tests (vitest.config.ts) may stand before a `--`, as in `node scripts/test.mjs unit smoke -- <vitest arguments>`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const bin = (...path) => join(root, 'node_modules', ...path);
const args = process.argv.slice(2);
const end = args.indexOf('--');
const lanes = end > 0 ? args.slice(0, end) : ['unit', 'smoke', 'e2e'];
const projects = lanes.map((lane) => `--project=${lane}`);
const steps = [
  ['types', bin('typescript', 'bin', 'tsc'), '--noEmit'],
  ['lint and format', bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings'],
  ['tests', bin('vitest', 'vitest.mjs'), 'run', ...projects, ...args.slice(end + 1)],
];
for (const [name, ...args] of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`npm test: ${name} failed`);
    process.exit(status ?? 1);
  }
}
