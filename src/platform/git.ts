import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './env.ts';

/* Git as the reader of a repository that may be by another user: it runs none of the programs that its configuration names. */

const harmless = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'protocol.allow=never',
  'core.quotePath=false',
  // Otherwise git diff leaves out what is not below the current folder.
  'diff.relative=false',
].flatMap((setting) => ['-c', setting]);

/** A partial clone must not fetch what it lacks, the index is not written, and no object replaces another one. */
const offline = {
  ...{ GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' },
  ...{ GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
};

export function gitCommand(folder: string, args: readonly string[]): string[] {
  return ['git', ...harmless, '-C', folder, ...args];
}

/** For the repository that a folder is in: GIT_ variables may name the one that the caller works in. */
export function gitEnvironment(env: Environment): Environment {
  const others = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GIT_'));
  return { ...Object.fromEntries(others), ...offline };
}

/** For the repository that the caller works in: in a hook, the variables tell which index is committed. */
export function gitHookEnvironment(env: Environment): Environment {
  return { ...env, ...offline };
}

/** The nearest folder, this one or a parent, with a `.git`: a folder or, in worktrees and submodules, a file. */
export function workTreeOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}
