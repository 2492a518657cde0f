import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { requireIgnored } from '../../src/sinks/git-ignored.ts';
import { failureIn } from '../support/failure.ts';
import { lacks } from '../support/real-parts.ts';
import { sinkContext } from '../support/sink-context.ts';
import { StandIns } from '../support/stand-in.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function git(folder: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.com'];
  execFileSync('git', ['-C', folder, ...identity, ...args], { stdio: 'ignore' });
}

/** A work tree that ignores `.env` and what is below `private`. */
function workTree(): string {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet');
  writeFileSync(join(folder, '.gitignore'), '.env\n/private/\n');
  mkdirSync(join(folder, 'private'));
  mkdirSync(join(folder, 'sub folder'));
  return folder;
}

const context = sinkContext('/');

test('outside a work tree any file may hold a secret', async () => {
  await requireIgnored(join(temporaryFolder(), '.env'), context);
});

describe.skipIf(lacks('git'))('in a work tree', () => {
  test.each(['.env', 'sub folder/.env', 'private/key'])(
    '%s, which git ignores, may hold one',
    async (file) => {
      await requireIgnored(join(workTree(), file), context);
    },
  );

  test('a file that git does not ignore may not', async () => {
    const tree = workTree();
    const file = join(tree, 'sub folder', 'key');
    const failure = await failureIn(requireIgnored(file, context));
    expect(failure).toMatchObject({ exit: 'failed', code: 'not_ignored_by_git' });
    expect(failure.message).toContain(`${file} is in the git work tree ${tree}, and git does not ignore it`);
    expect(failure.hints?.at(-1)).toBe('or add --allow-in-git');
    // The hint works.
    execFileSync('sh', ['-c', failure.hints?.[0] ?? 'false']);
    await requireIgnored(file, context);
  });

  test('nor may a tracked file, even an ignored one', async () => {
    const tree = workTree();
    writeFileSync(join(tree, '.env'), '');
    git(tree, 'add', '--force', '.env');
    expect((await failureIn(requireIgnored(join(tree, '.env'), context))).hints).toContain(
      `if it is tracked: git rm --cached ${join(tree, '.env')}`,
    );
  });

  test('unless it is allowed explicitly', async () => {
    await requireIgnored(join(workTree(), 'key'), { ...context, allowInGit: true });
  });

  test('a linked work tree counts, too', async () => {
    const tree = workTree();
    git(tree, 'commit', '--quiet', '--allow-empty', '--message', 'first');
    const linked = join(temporaryFolder(), 'linked');
    git(tree, 'worktree', 'add', '--quiet', linked);
    expect((await failureIn(requireIgnored(join(linked, 'key'), context))).code).toBe('not_ignored_by_git');
  });

  test('the repository of the file decides, not that of the caller', async () => {
    const [tree, other] = [workTree(), workTree()];
    writeFileSync(join(other, '.gitignore'), 'key\n');
    const env = { ...context.env, GIT_DIR: join(other, '.git'), GIT_WORK_TREE: other };
    await expect(requireIgnored(join(tree, 'key'), { ...context, env })).rejects.toThrow(
      `${join(tree, 'key')} is in the git work tree ${tree}, and git does not ignore it`,
    );
  });

  test('programs named by the repository are not run, and git gets no secret', async () => {
    const tree = workTree();
    const hook = join(tree, 'hook');
    writeFileSync(hook, `#!/bin/sh\nenv > ${join(tree, 'seen')}\n`, { mode: 0o755 });
    git(tree, 'add', '.gitignore');
    git(tree, 'config', 'core.fsmonitor', hook);
    await requireIgnored(join(tree, '.env'), context);
    expect(existsSync(join(tree, 'seen'))).toBe(false);

    const programs = new StandIns().add('git');
    const secrets = { KEYS_TOKEN: 'tok-EXAMPLE', KEYS_PASSWORD: 'x', KEYS_OTP: '1', KEYS_PIN: '2' };
    const env = { ...secrets, PATH: programs.folder, KEYS_HOME: '/home/ada', OTHER: 'kept' };
    await requireIgnored(join(tree, '.env'), { ...context, env });
    const seen = programs.calls[0]?.env ?? {};
    expect(seen).toMatchObject({ KEYS_HOME: '/home/ada', OTHER: 'kept', GIT_OPTIONAL_LOCKS: '0' });
    expect(Object.keys(seen).filter((name) => name.startsWith('KEYS_'))).toEqual(['KEYS_HOME']);
  });

  test('without git the file is refused', async () => {
    const failure = await failureIn(
      requireIgnored(join(workTree(), '.env'), { ...context, env: { PATH: '/nonexistent' } }),
    );
    expect(failure.message).toContain('git could not tell whether it is ignored (git was not found)');
    expect(failure.hints).toEqual(['or add --allow-in-git']);
  });

  test('and if git refuses to answer', async () => {
    const tree = workTree();
    writeFileSync(join(tree, '.git', 'HEAD'), 'nonsense');
    const failure = await failureIn(requireIgnored(join(tree, '.env'), context));
    expect(failure.message).toMatch(/git could not tell whether it is ignored \(fatal: /);
  });
});
