import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Leak } from '../../src/keys/leak.ts';
import { Sandbox } from '../support/sandbox.ts';

const valueWith = (digit: string) => `sk-or-v1-${digit.repeat(64)}`;
const [first, second, third] = ['1', '2', '3'].map(valueWith) as [string, string, string];

/** A repository in a folder of a sandbox. */
class Repository {
  readonly box: Sandbox;
  readonly #folder: string;

  constructor(box: Sandbox, folder = '.') {
    this.box = box;
    this.#folder = join(box.cwd, folder);
    mkdirSync(this.#folder, { recursive: true });
    this.git('init', '-q', '-b', 'main');
  }

  git(...args: string[]): string {
    const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
    const allow = ['-c', 'protocol.file.allow=always'];
    const options = { cwd: this.#folder, encoding: 'utf8' } as const;
    return execFileSync('git', [...identity, ...allow, ...args], { ...options, stdio: 'pipe' }).trim();
  }

  write(path: string, text: string | Buffer): void {
    writeFileSync(join(this.#folder, path), text);
  }

  /** Returns the id of the commit. */
  commit(files: Readonly<Record<string, string | Buffer | null>>): string {
    for (const [path, text] of Object.entries(files)) {
      if (text === null) rmSync(join(this.#folder, path));
      else this.write(path, text);
    }
    this.git('add', '-A');
    this.git('commit', '-q', '-m', 'change');
    return this.git('rev-parse', 'HEAD');
  }

  /** What a search finds, run in its folder. */
  async leaks(...args: string[]): Promise<Pick<Leak, 'file' | 'line' | 'commit'>[]> {
    const run = await this.box.keys(['leaks', ...args, '--json', 'file,line,commit']);
    expect(run.stderr).toBe('');
    expect(run.exit).toBe(JSON.parse(run.stdout).findings.length > 0 ? 8 : 0);
    return JSON.parse(run.stdout).findings;
  }
}

describe('--history', () => {
  test('finds what a commit removed, in the oldest commit that has it', async () => {
    const repository = new Repository(new Sandbox());
    repository.commit({ a: 'nothing' });
    const added = repository.commit({ a: `\n${first}\n`, b: first });
    repository.commit({ a: `changed\n\n${first}\n` });
    const later = repository.commit({ a: `${first} ${second}`, b: null });
    repository.commit({ a: 'nothing' });
    expect(await repository.leaks()).toEqual([]);
    expect(await repository.leaks('--history')).toEqual([
      { file: 'a', line: 1, commit: later },
      { file: 'a', line: 2, commit: added },
      { file: 'b', line: 1, commit: added },
    ]);
    expect(await repository.leaks('--history', 'a')).toHaveLength(2);
  });

  test('covers every branch, tag and stash, and merges', async () => {
    const repository = new Repository(new Sandbox());
    repository.commit({ a: 'nothing' });
    repository.git('checkout', '-qb', 'side');
    const side = repository.commit({ side: first });
    repository.git('tag', 'kept');
    repository.git('checkout', '-q', 'main');
    repository.git('branch', '-qD', 'side');
    repository.write('a', second);
    repository.git('stash', '-q');
    repository.commit({ b: 'more' });
    repository.git('merge', '-q', '--no-commit', 'kept');
    const merged = repository.commit({ merged: third, side: null });
    expect(await repository.leaks('--history')).toEqual([
      { file: 'a', line: 1, commit: expect.stringMatching(/^[0-9a-f]{40}$/) },
      { file: 'merged', line: 1, commit: merged },
      { file: 'side', line: 1, commit: side },
    ]);
  });

  test('names of files may hold anything, even the ids of commits', async () => {
    const repository = new Repository(new Sandbox());
    const id = repository.commit({ a: 'nothing' });
    const added = repository.commit({ 'ü ": x': first, [id]: second, '\u001b[31m': third });
    const findings = await repository.leaks('--history');
    expect(findings.map(({ file }) => file).sort()).toEqual(['\u001b[31m', id, 'ü ": x'].sort());
    expect(findings.every(({ commit }) => commit === added)).toBe(true);
  });

  test('of bare, shallow and linked repositories, and of submodules one by one', async () => {
    const box = new Sandbox();
    const source = new Repository(box);
    const old = source.commit({ a: first });
    const last = source.commit({ a: second });
    source.git('clone', '-q', '--bare', '.', 'bare.git');
    source.git('clone', '-q', '--depth', '1', `file://${box.cwd}`, 'shallow');
    source.git('worktree', 'add', '-q', 'linked', '-b', 'other');
    source.git('init', '-q', 'outer');
    source.git('-C', 'outer', 'submodule', 'add', '-q', box.cwd, 'inner');
    for (const path of ['a', 'shallow/a', 'linked/a', 'outer/inner/a']) box.expectSecretIn(path);
    const both = (file: string) =>
      expect.arrayContaining([
        { file, line: 1, commit: old },
        { file, line: 1, commit: last },
      ]);
    expect(await source.leaks('--history', 'bare.git')).toEqual(both('bare.git/a'));
    expect(await source.leaks('--history', 'linked')).toEqual(both('linked/a'));
    expect(await source.leaks('--history', 'shallow')).toEqual([
      { file: 'shallow/a', line: 1, commit: last },
    ]);
    expect(await source.leaks('--history', 'outer')).toEqual([]);
    expect(await source.leaks('--history', 'outer/inner')).toEqual(both('outer/inner/a'));
  });

  test('without git: exit 2; files are searched all the same', async () => {
    const repository = new Repository(new Sandbox());
    repository.commit({ a: first });
    repository.box.expectSecretIn('a');
    for (const PATH of ['/nonexistent', '/dev/null']) {
      const run = await repository.box.keys(['leaks', '--history'], { env: { PATH } });
      expect(run.exit).toBe(2);
      expect(run.stderr).toMatch(
        /^error: cannot read the git repository: git (?:was not found|cannot be started)/,
      );
      expect(await repository.box.keys(['leaks'], { env: { PATH } })).toMatchObject({ exit: 8, stderr: '' });
    }
  });

  test('of a repository without one of its objects: an error that says so', async () => {
    const repository = new Repository(new Sandbox());
    const id = repository.commit({ a: 'nothing' });
    const { box } = repository;
    rmSync(join(box.cwd, '.git', 'objects', id.slice(0, 2), id.slice(2)), { force: true });
    const run = await box.keys(['leaks', '--history']);
    expect(run.exit).toBe(1);
    expect(run.stderr).toMatch(/^error: cannot read the git repository: .+\nhint: .+: git fsck\n$/);
  });

  test('outside of a repository: exit 2', async () => {
    const run = await new Sandbox().keys(['leaks', '--history']);
    expect(run.exit).toBe(2);
    expect(run.stderr).toMatch(/^error: cannot read the git repository: fatal: not a git repository/);
  });
});

test('of a repository with replaced objects, what was replaced is searched', async () => {
  const repository = new Repository(new Sandbox());
  const commit = repository.commit({ a: first, b: 'nothing' });
  repository.box.expectSecretIn('a');
  repository.git('replace', 'HEAD:a', repository.git('rev-parse', 'HEAD:b'));
  expect(await repository.leaks('--history')).toEqual([{ file: 'a', line: 1, commit }]);
});

describe('--staged', () => {
  test('searches above the current folder, too, whatever git diff is set to do', async () => {
    const repository = new Repository(new Sandbox(), '..');
    repository.commit({ a: 'nothing' });
    repository.write('a', first);
    repository.git('add', 'a');
    repository.git('config', 'diff.relative', 'true');
    expect(await repository.leaks('--staged')).toEqual([{ file: '../a', line: 1 }]);
    repository.box.expectSecretIn('../a');
  });

  test('searches what the next commit changes, as it is staged', async () => {
    const repository = new Repository(new Sandbox());
    repository.commit({ a: first, b: 'b', c: 'c' });
    repository.write('b', `\n${second}`);
    repository.write('new', third);
    repository.git('add', 'b', 'new');
    for (const file of ['b', 'new']) repository.write(file, 'cleaned up, but not staged');
    repository.write('c', second);
    expect(await repository.leaks('--staged')).toEqual([
      { file: 'b', line: 2 },
      { file: 'new', line: 1 },
    ]);
    expect(await repository.leaks('--staged', 'b')).toHaveLength(1);
    expect(await repository.leaks('--staged', ':(top)*')).toEqual([]);
    repository.box.expectSecretIn('a');
    repository.box.expectSecretIn('c');
  });

  test('searches the index that git names to its hooks', async () => {
    const repository = new Repository(new Sandbox());
    repository.write('a', first);
    repository.git('add', 'a');
    repository.write('a', '');
    // What `git commit <path>` does.
    const env = { GIT_INDEX_FILE: join(repository.box.cwd, 'other-index') };
    const run = await repository.box.keys(['leaks', '--staged', '--json'], { env });
    expect(run).toMatchObject({ exit: 0 });
    expect(await repository.leaks('--staged')).toHaveLength(1);
  });

  test('leaves out deleted files, submodules and files that are only intended to be added', async () => {
    const box = new Sandbox();
    const repository = new Repository(box);
    repository.commit({ a: first, b: 'b' });
    new Repository(box, 'inner').commit({ x: first });
    repository.git('add', 'inner');
    repository.git('rm', '-q', '--cached', 'a');
    repository.write('later', second);
    repository.git('add', '-N', 'later');
    expect(await repository.leaks('--staged')).toEqual([]);
    for (const path of ['a', 'later', 'inner/x']) box.expectSecretIn(path);
  });
});

test('pointers of Git LFS and attributes are text like any other', async () => {
  const repository = new Repository(new Sandbox());
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 5\n`;
  repository.commit({ '.gitattributes': '*.bin filter=lfs diff=lfs -text\n', 'a.bin': pointer });
  repository.git('config', 'filter.lfs.smudge', 'false');
  repository.git('config', 'filter.lfs.required', 'true');
  expect(await repository.leaks()).toEqual([]);
  expect(await repository.leaks('--history')).toEqual([]);
});
