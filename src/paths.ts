import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import type { Environment } from './env.ts';
import { setting } from './env.ts';
import { systemCode } from './errors.ts';

/** The folders and files of one installation; none of them need exist. */
export interface Paths {
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly configFile: string;
  /** The user's own providers, a JSON file each. */
  readonly providers: string;
  readonly authorityDatabase: string;
  /** Session tokens, for who chose a file for them. */
  readonly tokens: string;
  /** The journal: a file per operation that has not ended. */
  readonly operations: string;
  /** Secrets that wait to be delivered, for profiles that chose files for them. */
  readonly escrow: string;
}

/** Below `KEYS_HOME` where that is set, else the platform's own folders (XDG on Linux). */
export function locatePaths(env: Environment, cwd: string): Paths {
  const home = setting(env, 'KEYS_HOME');
  const { config, data, state } = home ? below(resolve(cwd, home)) : platformFolders();
  return {
    config,
    data,
    state,
    configFile: join(config, 'config.json'),
    providers: join(config, 'providers'),
    authorityDatabase: join(data, 'authority.db'),
    tokens: join(data, 'tokens.json'),
    operations: join(state, 'operations'),
    escrow: join(state, 'escrow'),
  };
}

function below(home: string) {
  return { config: join(home, 'config'), data: join(home, 'data'), state: join(home, 'state') };
}

function platformFolders() {
  const { config, data, log } = envPaths('keys', { suffix: '' });
  // Only XDG has a folder for state, and env-paths names it `log`.
  const state = process.platform === 'linux' ? log : join(data, 'state');
  return { config, data, state };
}

/**
 * Makes a folder, and the missing ones above it, that only the user can enter (0700). One by one: where a folder
 * vanishes as soon as it is made, as below /proc, Node's own recursion never ends.
 */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makePrivateFolder(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

/**
 * Whether anything has been begun and not ended: a look at names, so that commands need not load what reads them. True
 * where the folder cannot be read: that is for them to tell.
 */
export function hasOperations({ operations }: Pick<Paths, 'operations'>): boolean {
  try {
    return readdirSync(operations).some((name) => name.endsWith('.jsonl'));
  } catch (error) {
    return systemCode(error) !== 'ENOENT';
  }
}
