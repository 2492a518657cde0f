import { basename, dirname, join, relative } from 'node:path';
import { KeysError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import { gitCommand, gitEnvironment, workTreeOf } from '../platform/git.ts';
import type { Outcome } from '../platform/run-program.ts';
import type { SinkContext } from './context.ts';

/** Git answers from the disk. */
const timeoutMs = 10_000;

/**
 * Refuses a file that could be committed: one in a git work tree that git does not ignore. Throws `KeysError`
 * (`not_ignored_by_git`), also if git cannot tell.
 */
export async function requireIgnored(
  file: string,
  { env, allowInGit }: Pick<SinkContext, 'env' | 'allowInGit'>,
  content = 'a secret',
): Promise<void> {
  const tree = allowInGit ? undefined : workTreeOf(dirname(file));
  if (tree === undefined) return;
  const outcome = await askGit(file, env);
  if (outcome?.code === 0) return;
  const inside = relative(tree, file).split('\\').join('/');
  const isUnignored = outcome?.code === 1;
  const reason = isUnignored
    ? 'git does not ignore it'
    : `git could not tell whether it is ignored (${outcome ? complaintOf(outcome) : 'git was not found'})`;
  throw new KeysError({
    code: 'not_ignored_by_git',
    message: `${file} is in the git work tree ${tree}, and ${reason}: ${content} could be committed`,
    hints: [
      ...(isUnignored ? [`echo ${shellWord(`/${inside}`)} >> ${shellWord(join(tree, '.gitignore'))}`] : []),
      ...(isUnignored ? [`if it is tracked: git rm --cached ${shellWord(file)}`] : []),
      'or add --allow-in-git',
    ],
  });
}

/** https://git-scm.com/docs/git-check-ignore: 0 ignored, 1 not ignored (also if tracked), 128 an error. */
async function askGit(file: string, env: SinkContext['env']): Promise<Outcome | undefined> {
  const { runProgram } = await import('../platform/run-program.ts');
  return runProgram({
    command: gitCommand(dirname(file), ['check-ignore', '--quiet', '--', basename(file)]),
    cwd: dirname(file),
    env: gitEnvironment(env),
    timeoutMs,
  }).catch(() => undefined);
}

function complaintOf({ stderr }: Outcome): string {
  return stderr.trim().split('\n')[0] ?? '';
}
