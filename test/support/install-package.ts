import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import type { Run, Sandbox } from './sandbox.ts';
import { projectRoot } from './sandbox.ts';

/** A PATH on which this Node.js comes first. */
export const nodePath = [dirname(process.execPath), process.env.PATH].join(delimiter);

/** Installs the package from its file, as `npm install --global` does. */
export async function installPackage(box: Sandbox, prefix: string): Promise<void> {
  const file = await packageFile(box);
  await npm(box, ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', file]);
}

/** The path of the package file. The program is not built again: other tests are running it. */
export async function packageFile(box: Sandbox): Promise<string> {
  const folder = box.env.HOME ?? '';
  await npm(box, ['pack', projectRoot, '--ignore-scripts', '--pack-destination', folder]);
  const name = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? expect.fail('no package file');
  return join(folder, name);
}

async function npm(box: Sandbox, args: readonly string[]): Promise<Run> {
  const run = await box.command(['npm', ...args], { env: environment(box) });
  expect(run, `npm ${args.join(' ')}`).toMatchObject({ exit: 0 });
  return run;
}

/** The machine's settings for npm (registry, proxy, certificates) and this Node.js, with a home of the test's own. */
function environment(box: Sandbox): Environment {
  const userconfig = process.env.npm_config_userconfig ?? join(homedir(), '.npmrc');
  return { ...process.env, ...box.env, npm_config_userconfig: userconfig, PATH: nodePath };
}
