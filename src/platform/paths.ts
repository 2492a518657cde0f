import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, resolve, sep } from 'node:path';
import { systemCode, usageError } from '../base/errors.ts';
import type { Environment } from './env.ts';
import { setting } from './env.ts';
import { requireTrusted } from './files/trust.ts';
import type { PlatformFolders } from './platform-folders.ts';
import { NoHomeError, platformFolders } from './platform-folders.ts';

/** The folders and files of one installation. None of them has to exist. */
export interface Paths {
  /** What `KEYS_HOME` names. */
  readonly home?: string;
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly configFile: string;
  /** The user's own providers, one JSON file each. */
  readonly providers: string;
  readonly authorityDatabase: string;
  /** Created with the database, so that its loss is noticed. */
  readonly authorityMarker: string;
  /** Session tokens stored with `keys login --store file`. */
  readonly tokens: string;
  /** The journal: one file per unfinished operation. */
  readonly operations: string;
  /** Which keys the last `rotate --all` of a profile has rotated, if it did not end well. */
  readonly fleets: string;
  /** Which keys `keys apply` has created, where the API has no labels. */
  readonly applied: string;
  /** Secrets in escrow, for profiles with `"escrow": "file"`. */
  readonly escrow: string;
  /** What can be made again at any time. */
  readonly cache: string;
}

/** Below `KEYS_HOME` if that is set, else in the platform's own folders. Throws `KeysError` (2) if there are none. */
export function locatePaths(env: Environment, cwd: string): Paths {
  const namedFolder = setting(env, 'KEYS_HOME');
  const home = namedFolder && resolve(cwd, namedFolder);
  if (namedFolder && !isAbsolute(namedFolder) && !existsSync(cwd))
    throw usageError(
      `KEYS_HOME is the relative path '${namedFolder}', but the current folder no longer exists`,
      'cd',
    );
  const { config, data, state, cache } = home ? below(home) : ownFolders(env);
  return {
    ...(home && { home }),
    config,
    data,
    state,
    configFile: inside(config, 'config.json'),
    providers: inside(config, 'providers'),
    authorityDatabase: inside(data, 'authority.db'),
    authorityMarker: inside(state, 'authority'),
    tokens: inside(data, 'tokens.json'),
    operations: inside(state, 'operations'),
    fleets: inside(state, 'fleets'),
    applied: inside(state, 'applied'),
    escrow: inside(state, 'escrow'),
    cache,
  };
}

/**
 * The same, if they can be trusted. Throws `KeysError` (2) if another user owns or can write one of them, or if it is not
 * of the right kind.
 */
export function trustedPaths(env: Environment, cwd: string): Paths {
  const paths = locatePaths(env, cwd);
  if (paths.home !== undefined) requireTrusted(paths.home, 'home');
  for (const folder of trustedFolders(paths)) requireTrusted(folder, 'folder');
  for (const file of trustedFiles(paths)) requireTrusted(file, 'file');
  return paths;
}

export function trustedFolders({
  config,
  providers,
  data,
  state,
  operations,
  fleets,
  applied,
  escrow,
}: Paths): string[] {
  return [config, providers, data, state, operations, fleets, applied, escrow];
}

export function trustedFiles({ configFile, tokens, authorityDatabase }: Paths): string[] {
  return [configFile, tokens, authorityDatabase];
}

function ownFolders(env: Environment): PlatformFolders {
  try {
    return platformFolders(env);
  } catch (error) {
    throw error instanceof NoHomeError
      ? usageError(error.message, 'export KEYS_HOME=/path/to/a/folder')
      : error;
  }
}

/** In a folder whose path is normal: `join` would go through all of it again. */
function inside(folder: string, name: string): string {
  return folder.endsWith(sep) ? folder + name : `${folder}${sep}${name}`;
}

function below(home: string): PlatformFolders {
  return {
    config: inside(home, 'config'),
    data: inside(home, 'data'),
    state: inside(home, 'state'),
    cache: inside(home, 'cache'),
  };
}

/**
 * Creates a folder that only the user can enter (0700), and the missing ones above it. One by one: if a folder vanishes
 * as soon as it is created, as below /proc, Node's own recursion never ends.
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
 * Whether the journal has unfinished operations. Looks at file names only, so that most commands need not load the
 * journal. True if the folder cannot be read: the journal reports that.
 */
export function hasOperations({ operations }: Pick<Paths, 'operations'>): boolean {
  try {
    return readdirSync(operations).some((name) => name.endsWith('.jsonl'));
  } catch (error) {
    return systemCode(error) !== 'ENOENT';
  }
}
