import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { databaseOf, withAuthority } from '../support/embedded-authority.ts';
import { cannotMount } from '../support/real-parts.ts';
import type { Run } from '../support/sandbox.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { commandLine, folders, ids, operations, Transcript } from '../support/transcript.ts';

/* What exists can be read where nothing can be written; and a lost database is not taken for one that never existed. */

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

/** The same files, mounted read-only. */
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
  test('commands that read work, and those that write say why they cannot', async () => {
    const box = await withKey();
    const env = { KEYS_HOME: readOnlyViewOf(box) };
    for (const args of reads) expect(await box.program(args, { env })).toMatchObject({ exit: 0, stderr: '' });
    expect(names(await box.program(['list', '--json'], { env }))).toEqual(['ci']);
    expect((await box.program(['backup', 'saved.db'], { env })).exit).toBe(0);
    const story = new Transcript(box, [folders, ids, operations]);
    const { exit, stdout, stderr } = await box.program(['doctor'], { env });
    const checks = stdout.split(/(?<=\n)/).filter((line) => /^(?:authority|operations)\t/.test(line));
    rmSync(join(box.cwd, 'saved.db'));
    const texts = [story.printed('keys doctor', { exit, stdout: checks.join(''), stderr })];
    for (const args of [
      ['create', 'other', '--to', 'file:other'],
      ['update', 'ci', '--rate-limit', '9'],
      ['revoke', 'ci', '--yes'],
    ])
      texts.push(story.printed(commandLine(args), await box.program(args, { env })));
    expect(texts.join('')).toMatchInlineSnapshot(`
      "$ keys doctor
      exit 0
      --- stdout
      authority	ok	[folder 1]/view/data/authority.db is intact: 1 key, schema 9, log kept for 90d	
      operations	ok	nothing is unfinished	
      $ keys create other --to file:other
      exit 1
      --- stderr
      error: [folder 1]/view/state/operations/[operation 1].jsonl could not be written (EROFS): without a journal, secrets could be lost
      hint: choose another folder with KEYS_HOME (keys help environment)
      hint: ls -ld '[folder 1]/view/state/operations'
      $ keys update ci --rate-limit 9
      exit 1
      --- stderr
      error: cannot use the authority's database [folder 1]/view/data/authority.db: unable to open database file (the disk is read-only)
      hint: keys doctor
      $ keys revoke ci --yes
      exit 1
      --- stderr
      error: cannot use the authority's database [folder 1]/view/data/authority.db: unable to open database file (the disk is read-only)
      hint: keys doctor
      "
    `);
    expect(names(await box.program(['list', '--json']))).toEqual(['ci']);
  });

  test('what a killed process left in the write-ahead log is read', async () => {
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

  test('what another process has open is read in its current state', async () => {
    const box = await withKey();
    const env = { KEYS_HOME: readOnlyViewOf(box) };
    await withAuthority(box, async (authority) => {
      await authority.update((await authority.list())[0]?.id ?? '', { name: 'renamed' });
      expect(names(await box.program(['list', '--json'], { env }))).toEqual(['renamed']);
    });
  });

  test('a home that was never used is empty', async () => {
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
  test('commands that read work, and create says that the disk is full', async () => {
    const box = await withKey();
    const home = join(box.cwd, 'small');
    const disk = mountSmallDisk(home);
    chmodSync(home, 0o700);
    spawnSync('cp', ['-r', `${box.home}/.`, home]);
    disk.fill();
    const env = { KEYS_HOME: home };
    for (const args of reads) expect(await box.program(args, { env })).toMatchObject({ exit: 0, stderr: '' });
    const run = await box.program(['create', 'other', '--to', `file:${join(box.cwd, 'other')}`], { env });
    const story = new Transcript(box, [folders, ids, operations]);
    expect(story.printed('keys create other --to file:other', run)).toMatchInlineSnapshot(`
      "$ keys create other --to file:other
      exit 1
      --- stderr
      error: [folder 1]/small/state/operations/[operation 1].jsonl could not be written (ENOSPC): without a journal, secrets could be lost
      hint: choose another folder with KEYS_HOME (keys help environment)
      hint: ls -ld '[folder 1]/small/state/operations'
      "
    `);
    disk.free();
    expect(names(await box.program(['list', '--json'], { env }))).toEqual(['ci']);
  });
});

describe('a lost database', () => {
  const losses: [string, (box: Sandbox) => void][] = [
    ['its file is gone', (box) => rmSync(databaseOf(box))],
    ['its folder is gone', (box) => rmSync(join(box.home, 'data'), { recursive: true })],
    ['its file is empty', (box) => truncateSync(databaseOf(box))],
    ['it was moved', (box) => renameSync(join(box.home, 'data'), join(box.home, 'moved'))],
  ];

  test('is noticed if only the list of revoked keys beside it is left', async () => {
    const box = await withKey();
    await box.program(['revoke', 'ci', '--yes']);
    rmSync(join(box.home, 'state', 'authority'));
    rmSync(databaseOf(box));
    expect(await new Transcript(box, [folders]).program(['list', '--json'])).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 1
      --- stderr
      {"error":{"code":"authority_missing","message":"the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it","hint":"put it back: keys restore <file>\\nto start over without them: rm -f [folder 1]/data/authority.db [folder 1]/data/authority.db.ends"}}
      "
    `);
  });

  test('is an error of every command, and no other is created', async () => {
    const texts: string[] = [];
    for (const [label, lose] of losses) {
      const box = await withKey();
      lose(box);
      const runs: Run[] = [];
      for (const args of [
        ['list'],
        ['show', 'ci'],
        ['create', 'ci', '--to', 'file:ci'],
        ['revoke', 'ci', '--yes'],
        ['logs'],
        ['session', 'list'],
        ['serve', '--port', '0'],
      ])
        runs.push(await box.program(args));
      const [run = expect.fail('no run')] = runs;
      expect(runs).toEqual(runs.map(() => run));
      const doctor = await box.program(['doctor']);
      const failures = doctor.stdout.split(/(?<=\n)/).filter((line) => line.split('\t')[1] === 'fail');
      const story = new Transcript(box, [folders]);
      texts.push(`# ${label}\n`, story.of(['list'], run));
      texts.push(story.of(['doctor'], { ...doctor, stdout: failures.join('') }));
      expect(existsSync(join(box.cwd, 'ci'))).toBe(false);
    }
    expect(texts.join('')).toMatchInlineSnapshot(`
      "# its file is gone
      $ keys list
      exit 1
      --- stderr
      error: the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it
      hint: put it back: keys restore <file>
      hint: to start over without them: rm -f [folder 1]/data/authority.db [folder 1]/state/authority
      $ keys doctor
      exit 8
      --- stdout
      authority	fail	the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it	put it back: keys restore <file>
      # its folder is gone
      $ keys list
      exit 1
      --- stderr
      error: the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it
      hint: put it back: keys restore <file>
      hint: to start over without them: rm -f [folder 1]/data/authority.db [folder 1]/state/authority
      $ keys doctor
      exit 8
      --- stdout
      authority	fail	the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it	put it back: keys restore <file>
      # its file is empty
      $ keys list
      exit 1
      --- stderr
      error: the authority's database [folder 1]/data/authority.db is empty; the keys it issued are lost with it
      hint: put it back: keys restore <file>
      hint: to start over without them: rm -f [folder 1]/data/authority.db [folder 1]/state/authority
      $ keys doctor
      exit 8
      --- stdout
      authority	fail	the authority's database [folder 1]/data/authority.db is empty; the keys it issued are lost with it	put it back: keys restore <file>
      # it was moved
      $ keys list
      exit 1
      --- stderr
      error: the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it
      hint: put it back: keys restore <file>
      hint: to start over without them: rm -f [folder 1]/data/authority.db [folder 1]/state/authority
      $ keys doctor
      exit 8
      --- stdout
      authority	fail	the authority's database [folder 1]/data/authority.db is gone; the keys it issued are lost with it	put it back: keys restore <file>
      "
    `);
  });

  test('is created again by the command of the hint', async () => {
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

  test('is no error if there was none, nor for a file of another name', async () => {
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
    expect(new Transcript(box, [folders]).of(['list', '--json'], run)).toMatchInlineSnapshot(`
      "$ keys list --json
      exit 2
      --- stderr
      {"error":{"code":"not_trusted","message":"[folder 1]/data/tokens.json cannot be looked up (EACCES)","hint":"ls -ld [folder 1]/data/tokens.json\\nor choose another folder with KEYS_HOME (keys help environment)"}}
      "
    `);
  },
);
