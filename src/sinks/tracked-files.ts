import { basename, dirname } from 'node:path';
import type { Environment } from '../platform/env.ts';
import { gitCommand, gitEnvironment, workTreeOf } from '../platform/git.ts';
import { runProgram } from '../platform/run-program.ts';

/** Git answers from the disk. */
const timeoutMs = 10_000;
/** Names in one question: a command line has a limit. */
const maxNames = 200;

/** Whether git has each of these files in its index; undefined if it cannot tell. Git is asked once for each folder. */
export async function trackedFiles(
  paths: readonly string[],
  env: Environment,
): Promise<Map<string, boolean | undefined>> {
  const answers = new Map<string, boolean | undefined>();
  for (const [folder, files] of byFolder(paths)) {
    const isInTree = workTreeOf(folder) !== undefined;
    for (let at = 0; at < files.length; at += maxNames) {
      const some = files.slice(at, at + maxNames);
      const tracked = isInTree ? await trackedIn(folder, some, env) : new Set<string>();
      for (const path of some) answers.set(path, tracked?.has(basename(path)));
    }
  }
  return answers;
}

function byFolder(paths: readonly string[]): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  for (const path of new Set(paths)) {
    const files = folders.get(dirname(path)) ?? [];
    files.push(path);
    folders.set(dirname(path), files);
  }
  return folders;
}

/** https://git-scm.com/docs/git-ls-files: the names that are in the index, relative to the folder. */
async function trackedIn(
  folder: string,
  paths: readonly string[],
  env: Environment,
): Promise<Set<string> | undefined> {
  const names = paths.map((path) => basename(path));
  const outcome = await runProgram({
    command: gitCommand(folder, ['ls-files', '-z', '--', ...names]),
    cwd: folder,
    // A name may begin with what would be magic in a pattern.
    env: { ...gitEnvironment(env), GIT_LITERAL_PATHSPECS: '1' },
    timeoutMs,
  }).catch(() => undefined);
  return outcome?.code === 0 ? new Set(outcome.stdout.split('\0')) : undefined;
}
