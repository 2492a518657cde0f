import { spawn } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { databaseOf } from '../support/embedded-authority.ts';
import { program, Sandbox } from '../support/sandbox.ts';

test.for(['000', '022'])('under umask %s other users cannot read what keys writes', async (umask) => {
  const box = new Sandbox();
  for (const file of ['secret', '.env', 'open.env']) box.expectSecretIn(file);
  writeFileSync(join(box.cwd, 'open.env'), 'A=1\n');
  chmodSync(join(box.cwd, 'open.env'), 0o666);

  for (const args of [
    ['create', 'first', '--to', 'file:secret', '--expires', '90d'],
    ['create', 'second', '--to', 'env:.env#KEY', '--to', 'env:open.env#KEY'],
    ['update', 'first', '--rate-limit', '60'],
    ['list'],
    ['logs'],
    ['usage'],
    ['revoke', 'second', '--yes'],
    ['doctor'],
  ]) {
    const { exit, stderr } = await box.command(underUmask(umask, args));
    expect({ args, exit, stderr }).toMatchObject({ exit: 0 });
  }

  expect(modesBelow(box.home)).toMatchObject({
    '.': '700',
    data: '700',
    'data/authority.db': '600',
  });
  expect(openToOthers(box.home)).toEqual([]);
  expect(['secret', '.env', 'open.env'].map((file) => box.mode(file))).toEqual(['600', '600', '600']);
});

test.for(['000', '022'])(
  'under umask %s the files that SQLite keeps beside an open database are private',
  async (umask) => {
    const box = new Sandbox();
    await box.command(underUmask(umask, ['create', 'ci', '--secret-only']), { secretOnStdout: true });

    const data = dirname(databaseOf(box));
    const watcher = watch(data);
    const bothExist = new Promise<void>((done) => {
      watcher.on('change', () => {
        if (['-shm', '-wal'].every((end) => existsSync(databaseOf(box) + end))) done();
      });
    });
    const [command = '', ...args] = underUmask(umask, ['logs', '--follow']);
    const reader = spawn(command, args, { cwd: box.cwd, env: { ...box.env } });
    onTestFinished(() => {
      watcher.close();
      reader.kill('SIGKILL');
    });

    await bothExist;
    expect(Object.entries(modesBelow(data)).sort()).toEqual([
      ['.', '700'],
      ['authority.db', '600'],
      ['authority.db-shm', '600'],
      ['authority.db-wal', '600'],
    ]);
  },
);

function underUmask(umask: string, args: readonly string[]): string[] {
  return ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh', process.execPath, program, ...args];
}

/** The modes of a folder and of everything below it, by relative path. */
function modesBelow(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    ['.', ...paths].map((path) => [path, (lstatSync(join(folder, path)).mode & 0o777).toString(8)]),
  );
}

function openToOthers(folder: string): string[] {
  return Object.entries(modesBelow(folder)).flatMap(([path, mode]) => {
    const isFolder = lstatSync(join(folder, path)).isDirectory();
    return mode === (isFolder ? '700' : '600') ? [] : [`${path} ${mode}`];
  });
}
