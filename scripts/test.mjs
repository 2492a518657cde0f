// `npm test [-- <vitest arguments>]`: types, lint and format, then the lanes of tests that need no other program.
// `npm test -- rotate` runs the test files with `rotate` in their path, of every lane but soak, and nothing else.
// Lanes (vitest.config.ts) may stand before a `--`: `node scripts/test.mjs unit smoke -- <vitest arguments>` runs those.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

const everyDay = ['unit', 'contract', 'docs', 'postgres', 'smoke', 'e2e'];

setUp();
const { lanes, isChecked, vitestArgs } = parse(process.argv.slice(2));
if (isChecked) {
  run('types', bin('typescript', 'bin', 'tsc'), '--noEmit');
  run('lint and format', bin('@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings');
}
const projects = lanes.map((lane) => `--project=${lane}`);
run('tests', bin('vitest', 'vitest.mjs'), 'run', ...projects, ...vitestArgs);
if (lanes === everyDay) {
  const files = readdirSync(join(root, 'test', 'real-parts'));
  const names = files.map((file) => file.replace('.test.ts', '')).join(', ');
  console.error(`skipped real-parts tests: ${names} (npm run test:e2e runs them)`);
}

function parse(args) {
  const end = args.indexOf('--');
  if (end > 0) {
    const [first, ...rest] = args.slice(0, end);
    const isChecked = first === 'check';
    return { lanes: isChecked ? rest : [first, ...rest], isChecked, vitestArgs: args.slice(end + 1) };
  }
  const vitestArgs = args.slice(end + 1);
  const isFiltered = vitestArgs[0] !== undefined && !vitestArgs[0].startsWith('-');
  return { lanes: isFiltered ? [...everyDay, 'real-parts'] : everyDay, isChecked: !isFiltered, vitestArgs };
}

function bin(...path) {
  return join(root, 'node_modules', ...path);
}

/** Runs a program of the dependencies; ends this process if it fails. */
function run(name, ...command) {
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`npm test: ${name} failed`);
  process.exit(status ?? 1);
}
