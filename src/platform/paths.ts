import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { systemCode, usageError } from '../base/errors.ts';
import type { Environment } from './env.ts';
import { setting } from './env.ts';
import { requireTrusted } from './files/trust.ts';

/** The folders and files of one installation; none of them need exist. */
export interface Paths {
  /** What `KEYS_HOME` names. */
  readonly home?: string;
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly configFile: string;
  /** The user's own providers, a JSON file each. */
  readonly providers: string;
  readonly authorityDatabase: string;
  /** There as soon as the database has been, so that one which is lost is noticed. */
  readonly authorityMarker: string;
  /** Session tokens, for who chose a file for them. */
  readonly tokens: string;
  /** The journal: a file per operation that has not ended. */
  readonly operations: string;
  /** Secrets that wait to be delivered, for profiles that chose files for them. */
  readonly escrow: string;
}

/** Below `KEYS_HOME` where that is set, else the platform's own folders (XDG on Linux). */
export function locatePaths(env: Environment, cwd: string): Paths {
  const named = setting(env, 'KEYS_HOME');
  const home = named && resolve(cwd, named);
  if (named && !isAbsolute(named) && !existsSync(cwd))
    throw usageError(`KEYS_HOME is '${named}', which is relative, and the current folder is gone`, 'cd');
  const { config, data, state } = home ? below(home) : platformFolders();
  return {
    ...(home && { home }),
    config,
    data,
    state,
    configFile: join(config, 'config.json'),
    providers: join(config, 'providers'),
    authorityDatabase: join(data, 'authority.db'),
    authorityMarker: join(state, 'authority'),
    tokens: join(data, 'tokens.json'),
    operations: join(state, 'operations'),
    escrow: join(state, 'escrow'),
  };
}

/**
 * The same, where they can be trusted. Throws `KeysError` (2) where others own or can write one of them, or where
 * something else stands in its place.
 */
export function trustedPaths(env: Environment, cwd: string): Paths {
  const paths = locatePaths(env, cwd);
  if (paths.home !== undefined) requireTrusted(paths.home, 'home');
  for (const folder of trustedFolders(paths)) requireTrusted(folder, 'folder');
  for (const file of trustedFiles(paths)) requireTrusted(file, 'file');
  return paths;
}

export function trustedFolders({ config, providers, data, state, operations, escrow }: Paths): string[] {
  return [config, providers, data, state, operations, escrow];
}

export function trustedFiles({ configFile, tokens, authorityDatabase }: Paths): string[] {
  return [configFile, tokens, authorityDatabase];
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
