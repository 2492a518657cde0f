import { join, resolve } from 'node:path';
import type { Environment } from './env.ts';
import { setting } from './env.ts';
import { platformFolders } from './platform-folders.ts';

/** The folder for settings, or for what can be made again: below `KEYS_HOME` if that is set, else the platform's own. */
export function folderOf(kind: 'config' | 'cache', env: Environment, cwd: string): string {
  const home = setting(env, 'KEYS_HOME');
  return home === undefined ? platformFolders(env)[kind] : join(resolve(cwd, home), kind);
}
