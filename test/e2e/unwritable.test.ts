import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { databaseOf, withAuthority } from '../support/embedded-authority.ts';
import { cannotMount } from '../support/real-parts.ts';
import type { Run } from '../support/sandbox.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { mountSmallDisk } from '../support/small-disk.ts';

/* What is still there is shown, where nothing can be written; and what is lost is not taken for what never was. */

const reads = [
  ['list', '--json'],
  ['show', 'ci', '--json'],
  ['logs', '--json'],
  ['usage', '--json'],
  ['recover', '--list', '--json'],
  ['status', '--json'],
];

async function withKey(): Promise<Sandbox> {
  const box = new Sandbox();
  await box.program(['create', 'ci', '--secret-only'], { secretOnStdout: true });
  return box;
}

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

/** The same files, in a place where nothing can be written. */
function readOnlyViewOf(box: Sandbox): string {
  const view = join(box.cwd, 'view');
  mkdirSync(view);
  mount('--bind', box.home, view);
  onTestFinished(() => void spawnSync('umount', ['--lazy', view]));
  mount('-o', 'remount,ro,bind', view);
  return view;
}

function names({ stdout }: Run): string[] {
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name).sort();
}

describe.skipIf(cannotMount())('on a read-only disk', () => {
  test('all reading works, and writing says why it does not', async () => {
    const box = await withKey();
    const env = { KEYS_HOME: readOnlyViewOf(box) };
    for (const args of reads) expect(await box.program(args, { env })).toMatchObject({ exit: 0, stderr: '' });
    expect(names(await box.program(['list', '--json'], { env }))).toEqual(['ci']);
    expect((await box.program(['backup', 'saved.db'], { env })).exit).toBe(0);
    const doctor = await box.program(['doctor'], { env });
    expect(doctor.stdout).toContain('is intact: 1 keys');
    for (const args of [
      ['create', 'other', '--to', 'file:other'],
      ['update', 'ci', '--rate-limit', '9'],
      ['revoke', 'ci', '--yes'],
    ]) {
      const run = await box.program(args, { env });
      expect(run.exit).toBe(1);
      expect(run.stderr).toMatch(/read-only|EROFS/);
    }
    expect(names(await box.program(['list', '--json']))).toEqual(['ci']);
  });

  test('what a killed process has left in its log is read, too', async () => {
    const box = await withKey();
    const copy = new Sandbox();
    mkdirSync(join(copy.home, 'data'), { recursive: true });
    await withAuthority(box, async (authority) => {
      await authority.update((await authority.list())[0]?.id ?? '', { name: 'renamed' });
      for (const part of ['', '-wal'])
        copyFileSync(`${databaseOf(box)}${part}`, `${databaseOf(copy)}${part}`);
    });
    const env = { KEYS_HOME: readOnlyViewOf(copy) };
    expect(names(await copy.program(['list', '--json'], { env }))).toEqual(['renamed']);
  });

  test('what another process is at work on is read as it is now', async () => {
    const box = await withKey();
    const env = { KEYS_HOME: readOnlyViewOf(box) };
    await withAuthority(box, async (authority) => {
      await authority.update((await authority.list())[0]?.id ?? '', { name: 'renamed' });
      expect(names(await box.program(['list', '--json'], { env }))).toEqual(['renamed']);
    });
  });

  test('a home in which nothing was ever made is empty', async () => {
    const box = new Sandbox();
    mkdirSync(box.home);
    const env = { KEYS_HOME: readOnlyViewOf(box) };
    for (const args of [
      ['list', '--json'],
      ['recover', '--list', '--json'],
    ])
      expect(await box.program(args, { env })).toMatchObject({ exit: 0, stdout: '[]\n' });
  });
});

describe.skipIf(cannotMount())('on a full disk', () => {
  test('all reading works, and a create says that it is full', async () => {
    const box = await withKey();
    const home = join(box.cwd, 'small');
    const disk = mountSmallDisk(home);
    chmodSync(home, 0o700);
    spawnSync('cp', ['-r', `${box.home}/.`, home]);
    disk.fill();
    const env = { KEYS_HOME: home };
    for (const args of reads) expect(await box.program(args, { env })).toMatchObject({ exit: 0, stderr: '' });
    const run = await box.program(['create', 'other', '--to', `file:${join(box.cwd, 'other')}`], { env });
    expect(run.exit).toBe(1);
    expect(run.stderr).toMatch(/ENOSPC|the disk is full/);
    disk.free();
    expect(names(await box.program(['list', '--json'], { env }))).toEqual(['ci']);
  });
});

describe('a database that is no longer there', () => {
  const losses: [string, (box: Sandbox) => void, string][] = [
    ['its file is gone', (box) => rmSync(databaseOf(box)), 'is gone'],
    ['its folder is gone', (box) => rmSync(join(box.home, 'data'), { recursive: true }), 'is gone'],
    ['its file is empty', (box) => truncateSync(databaseOf(box)), 'is empty'],
    ['it was moved', (box) => renameSync(join(box.home, 'data'), join(box.cwd, 'data')), 'is gone'],
  ];

  test('is told of by the list of ends beside it, too', async () => {
    const box = await withKey();
    await box.program(['revoke', 'ci', '--yes']);
    rmSync(join(box.home, 'state', 'authority'));
    rmSync(databaseOf(box));
    expect(await box.program(['list', '--json'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`${databaseOf(box)} is gone`),
    });
  });

  test.each(losses)('is told of, where %s, and no other is made', async (_, lose, what) => {
    const box = await withKey();
    lose(box);
    for (const args of [
      ['list', '--json'],
      ['show', 'ci'],
      ['create', 'ci', '--to', 'file:ci'],
      ['revoke', 'ci', '--yes'],
      ['logs'],
      ['session', 'list'],
      ['serve', '--port', '0'],
    ]) {
      const run = await box.program(args);
      expect(run, args.join(' ')).toMatchObject({
        exit: 1,
        stdout: '',
        stderr: expect.stringContaining(`${databaseOf(box)} ${what}`),
      });
    }
    expect(existsSync(join(box.cwd, 'ci'))).toBe(false);
    expect(await box.program(['doctor'])).toMatchObject({ exit: 8, stdout: expect.stringContaining(what) });
  });

  test('is made anew where the user says so', async () => {
    const box = await withKey();
    rmSync(databaseOf(box));
    const { stderr } = await box.program(['list']);
    const command = /to start over without them: (rm .*)/.exec(stderr)?.[1] ?? '';
    await box.command(['sh', '-c', command]);
    expect((await box.program(['list', '--json'])).stdout).toBe('[]\n');
    await box.program(['create', 'new', '--secret-only'], { secretOnStdout: true });
    expect(names(await box.program(['list', '--json']))).toEqual(['new']);
  });

  test('can be restored', async () => {
    const box = await withKey();
    expect((await box.program(['backup', 'saved.db'])).exit).toBe(0);
    rmSync(join(box.home, 'data'), { recursive: true });
    expect((await box.program(['restore', 'saved.db', '--yes'])).exit).toBe(0);
    expect(names(await box.program(['list', '--json']))).toEqual(['ci']);
  });

  test('is no matter where there never was one, and a file of another name is no concern of this', async () => {
    const box = new Sandbox();
    expect((await box.program(['list', '--json'])).stdout).toBe('[]\n');
    await box.program(['session', 'create', '--user', 'ada', '--db', 'other.db', '--secret-only'], {
      secretOnStdout: true,
    });
    rmSync(join(box.cwd, 'other.db'));
    expect((await box.program(['session', 'list', '--db', 'other.db', '--json'])).stdout).toBe('[]\n');
  });
});

test.skipIf(process.getuid?.() !== 0)(
  'a data folder that cannot be entered is an error that names it',
  async () => {
    const box = await withKey();
    const user = '12345';
    const home = box.env.HOME ?? '';
    spawnSync('chown', ['-R', user, home]);
    chmodSync(home, 0o755);
    chmodSync(join(box.home, 'data'), 0o000);
    const as = ['setpriv', '--reuid', user, '--regid', user, '--clear-groups', process.execPath, program];
    const run = await box.command([...as, 'list', '--json']);
    chmodSync(join(box.home, 'data'), 0o700);
    expect(run).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('EACCES') });
    expect(run.stderr).toContain(join(box.home, 'data'));
  },
);
