import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { appliedFrom } from '../../src/app/applied-from.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function repository(url?: string, folder = temporaryFolder()): string {
  const remote =
    url === undefined ? '' : `[remote "origin"]\n\turl = ${url}\n\tfetch = +refs/heads/*:refs/x\n`;
  write(
    join(folder, '.git', 'config'),
    `[core]\n\tbare = false\n${remote}[branch "main"]\n\tremote = origin\n`,
  );
  return folder;
}

const nameIn = (root: string, file = 'deploy/keys.yaml', machine = 'ann-laptop') =>
  appliedFrom(join(root, file), { cwd: root, machine });

test.each([
  'https://example.com/acme/shop.git',
  'https://example.com/acme/shop',
  'https://ann:EXAMPLE@Example.com:8443/acme/shop.git/',
  'https://gitlab-ci-token:glcbt-EXAMPLE@example.com/acme/shop.git',
  'https://ann@example.com:EXAMPLE@example.com/acme/shop',
  'https://example.com/acme/shop.git?token=EXAMPLE#main',
  'ssh://git@example.com:2222/acme/shop.git',
  'git@example.com:acme/shop.git',
  'example.com:/acme/shop.git',
  '"https://example.com/acme/shop"',
])('every clone of a repository names a file in the same way: %s', (url) => {
  const root = repository(url);
  const { name, earlierNames } = nameIn(root);
  expect(name).toBe('example.com/acme/shop//deploy/keys.yaml');
  expect(earlierNames.at(-1)).toBe(`${basename(root)}/deploy/keys.yaml`);
});

test.each([
  undefined,
  '/srv/git/shop.git',
  '../shop',
  'C:\\git\\shop',
  'file:///srv/git/shop.git',
  'ext::sh -c x',
  'https://example.com/',
])('without a remote machine, a file is of its folder on this machine: %s', (url) => {
  const root = repository(url);
  const { name, earlierNames } = nameIn(root);
  const [earlierName] = earlierNames;
  expect(name).toMatch(/@[0-9a-f]{12}$/);
  expect(name.startsWith(`${earlierName}@`)).toBe(true);
  expect(nameIn(root).name).toBe(name);
  expect(nameIn(root, 'deploy/keys.yaml', 'ann-desktop').name).not.toBe(name);
  const other = repository(url, join(temporaryFolder(), basename(root)));
  expect(nameIn(other).earlierNames).toEqual([earlierName]);
  expect(nameIn(other).name).not.toBe(name);
});

test('a file in no repository is of its folder', () => {
  const folder = temporaryFolder();
  expect(nameIn(folder, 'keys.yaml').name.startsWith(`${basename(folder)}/keys.yaml@`)).toBe(true);
});

test('of several remotes, origin counts, and without it none', () => {
  const root = temporaryFolder();
  const remote = (name: string) =>
    `[remote "${name}"]\n  url = https://example.com/${name}/shop ; a mirror\n`;
  const plain = (name: string) => remote(name).replace(' ; a mirror', '');
  write(join(root, '.git', 'config'), `${plain('upstream')}${plain('origin')}`);
  expect(nameIn(root).name).toBe('example.com/origin/shop//deploy/keys.yaml');
  write(join(root, '.git', 'config'), `${plain('upstream')}${plain('ann')}`);
  expect(nameIn(root).name).toMatch(/@[0-9a-f]{12}$/);
  write(join(root, '.git', 'config'), plain('upstream'));
  expect(nameIn(root).name).toBe('example.com/upstream/shop//deploy/keys.yaml');
});

test('a further work tree is of its repository, and a submodule of its own', () => {
  const root = repository('https://example.com/acme/shop');
  const tree = temporaryFolder();
  write(join(tree, '.git'), `gitdir: ${join(root, '.git', 'worktrees', 'fix')}\n`);
  write(join(root, '.git', 'worktrees', 'fix', 'commondir'), '../..\n');
  expect(nameIn(tree).name).toBe('example.com/acme/shop//deploy/keys.yaml');
  write(join(root, 'vendor', 'lib', '.git'), 'gitdir: ../../.git/modules/lib\n');
  write(
    join(root, '.git', 'modules', 'lib', 'config'),
    '[remote "origin"]\n\turl = git@example.com:lib/lib\n',
  );
  expect(nameIn(root, 'vendor/lib/keys.yaml').name).toBe('example.com/lib/lib//keys.yaml');
});

test('a pipe is a keys.yaml of the current folder', () => {
  const root = repository('https://example.com/acme/shop');
  const cwd = join(root, 'deploy');
  mkdirSync(cwd);
  for (const path of ['/dev/fd/63', '/dev/stdin', '/proc/self/fd/0'])
    expect(appliedFrom(path, { cwd, machine: 'x' })).toMatchObject({
      name: 'example.com/acme/shop//deploy/keys.yaml',
      earlierNames: [expect.stringContaining('/deploy/keys.yaml@'), 'deploy/keys.yaml'],
    });
});

test('a repository that gets a remote still knows what was created before, in its folder alone', () => {
  const root = repository();
  const { name } = nameIn(root);
  repository('https://example.com/acme/shop', root);
  expect(nameIn(root).earlierNames).toContain(name);
  expect(nameIn(repository('https://example.com/acme/shop')).earlierNames).not.toContain(name);
});
