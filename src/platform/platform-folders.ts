import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Environment } from './env.ts';

/** The folders depend on the home of a user who has none. Not a `KeysError`: the loader does without its table of codes. */
export class NoHomeError extends Error {}

export interface PlatformFolders {
  config: string;
  data: string;
  state: string;
  /** What can be made again at any time. */
  cache: string;
}

/**
 * The folders that the platform has for a program: XDG's on Linux. The user's home is looked up only where a folder depends
 * on it: a container may run under a user id that has none. Throws `NoHomeError`.
 */
export function platformFolders(
  env: Environment,
  platform = process.platform,
  home = homedir,
): PlatformFolders {
  const belowHome = (...names: string[]) => join(requireHome(home), ...names, 'keys');
  if (platform === 'darwin') {
    const data = belowHome('Library', 'Application Support');
    return {
      config: belowHome('Library', 'Preferences'),
      data,
      state: join(data, 'state'),
      cache: belowHome('Library', 'Caches'),
    };
  }
  if (platform === 'win32') {
    const local = env.LOCALAPPDATA ? join(env.LOCALAPPDATA, 'keys') : belowHome('AppData', 'Local');
    const roaming = env.APPDATA ? join(env.APPDATA, 'keys') : belowHome('AppData', 'Roaming');
    const data = join(local, 'Data');
    return { config: join(roaming, 'Config'), data, state: join(data, 'state'), cache: join(local, 'Cache') };
  }
  const xdg = (named: string | undefined, ...usual: string[]) =>
    named ? join(named, 'keys') : belowHome(...usual);
  return {
    config: xdg(env.XDG_CONFIG_HOME, '.config'),
    data: xdg(env.XDG_DATA_HOME, '.local', 'share'),
    state: xdg(env.XDG_STATE_HOME, '.local', 'state'),
    cache: xdg(env.XDG_CACHE_HOME, '.cache'),
  };
}

/** Below a relative path, what one run stores would be lost for the next one. */
function requireHome(home: () => string): string {
  const path = homeOrNone(home);
  if (path !== undefined && isAbsolute(path)) return path;
  throw new NoHomeError('this user has no home folder');
}

/** Undefined if the user id has no entry in the password database. */
function homeOrNone(home: () => string): string | undefined {
  try {
    return home();
  } catch {
    return undefined;
  }
}
