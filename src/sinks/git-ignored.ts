import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Outcome } from '../platform/run-program.ts';
import type { SinkContext } from './context.ts';

/** Git answers from the disk. */
const timeoutMs = 10_000;

/**
 * Refuses a file that could be committed: one inside a git work tree that git does not ignore. Throws `KeysError`
 * (`not_ignored_by_git`), also where git cannot be asked.
 */
export async function requireIgnored(
  file: string,
  { env, allowInGit }: Pick<SinkContext, 'env' | 'allowInGit'>,
  content = 'a secret in it',
): Promise<void> {
  const tree = allowInGit ? undefined : workTreeOf(dirname(file));
  if (tree === undefined) return;
  const outcome = await askGit(file, env);
  if (outcome?.code === 0) return;
  const inside = relative(tree, file).split('\\').join('/');
  const isTold = outcome?.code === 1;
  const why = isTold
    ? 'git does not ignore it'
    : `git could not be asked whether it ignores it (${outcome ? complaint(outcome) : 'git was not found'})`;
  throw new KeysError({
    code: 'not_ignored_by_git',
    message: `${file} is in the git work tree ${tree}, and ${why}: ${content} would soon be committed`,
    hints: [
      ...(isTold ? [`echo ${shellWord(`/${inside}`)} >> ${shellWord(join(tree, '.gitignore'))}`] : []),
      ...(isTold ? [`if it is tracked: git rm --cached ${shellWord(file)}`] : []),
      'or add --allow-in-git',
    ],
  });
}

/** The nearest folder upwards that has a `.git`, a folder or, in worktrees and submodules, a file. */
function workTreeOf(folder: string): string | undefined {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (dirname(at) === at) return undefined;
  }
}

/** The configuration of a repository that others may have made names programs: none of them is run. */
const harmless = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', 'protocol.allow=never'].flatMap(
  (setting) => ['-c', setting],
);
/** A partial clone would fetch what it lacks; the index is not written. */
const offline = { GIT_NO_LAZY_FETCH: '1', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0' };

/** https://git-scm.com/docs/git-check-ignore: 0 ignored, 1 not ignored (also where it is tracked), 128 an error. */
async function askGit(file: string, env: SinkContext['env']): Promise<Outcome | undefined> {
  // Whatever repository the caller is at work in, the one that the file lies in is asked.
  const own = Object.entries(env).filter(([name]) => !name.toUpperCase().startsWith('GIT_'));
  const { runProgram } = await import('../platform/run-program.ts');
  return runProgram({
    command: ['git', ...harmless, '-C', dirname(file), 'check-ignore', '--quiet', '--', basename(file)],
    cwd: dirname(file),
    env: { ...Object.fromEntries(own), ...offline },
    timeoutMs,
  }).catch(() => undefined);
}

function complaint({ stderr }: Outcome): string {
  return stderr.trim().split('\n')[0] ?? '';
}
