import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trackedFiles } from '../../src/sinks/tracked-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const env = { PATH: process.env.PATH, GIT_DIR: '/nowhere' };

test('git is asked about each file by its name alone', async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe' });
  git('init', '--quiet');
  mkdirSync(join(folder, 'sub'));
  const names = ['.env', ':(top)x', 'naïve', 'sub/.env', 'new'];
  for (const name of names) writeFileSync(join(folder, name), '');
  for (const name of ['.env', ':(top)x', 'naïve']) git('--literal-pathspecs', 'add', '--', name);
  const answers = await trackedFiles(
    names.map((name) => join(folder, name)),
    env,
  );
  expect([...answers.values()]).toHaveLength(names.length);
  const tracked = names.filter((name) => answers.get(join(folder, name)));
  expect(tracked).toEqual(['.env', ':(top)x', 'naïve']);
});

test('a file in no work tree is not tracked, and a damaged repository is not known to have one', async () => {
  const [plain, damaged] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(join(damaged, '.git'));
  const paths = [join(plain, '.env'), join(damaged, '.env')];
  expect([...(await trackedFiles(paths, env)).values()]).toEqual([false, undefined]);
});
