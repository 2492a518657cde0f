// `npm run screens`: makes the pictures in docs/screens anew, from the built program in a real terminal.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setUp } from './setup.mjs';

setUp();
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const args = ['run', '--project=e2e', 'test/e2e/screens.test.ts', '--update'];
const { status } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
