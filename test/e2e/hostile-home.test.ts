import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Run } from '../support/sandbox.ts';
import { program, Sandbox } from '../support/sandbox.ts';

/* A KEYS_HOME that others made or can change, or that is none; and a current folder that is gone. */

const asRoot = process.getuid?.() === 0;
const stranger = 12345;

/** A configuration whose tokenCommand leaves a trace. */
function trapped(box: Sandbox): void {
  const tokenCommand = ['sh', '-c', 'touch ran; echo token'];
  const profiles = { api: { provider: 'unreal', url: 'http://127.0.0.1:9', tokenCommand } };
  mkdirSync(join(box.home, 'config', 'providers'), { recursive: true });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ currentProfile: 'api', profiles }));
}

function refused(run: Run, path: string, reason: string): void {
  expect(run.exit, run.stderr).toBe(2);
  expect(run.stderr).toContain(`error: ${path} ${reason}`);
  expect(run.stderr).toContain('hint: ');
}

const places = ['.', 'config', 'config/config.json', 'config/providers', 'data', 'state', 'state/operations'];

function prepared(): Sandbox {
  const box = new Sandbox();
  trapped(box);
  for (const folder of ['data', 'state/operations']) mkdirSync(join(box.home, folder), { recursive: true });
  return box;
}

const commands = [
  ['list'],
  ['create', 'ci', '--to', 'file:ci'],
  ['recover', '--all', '--yes'],
  ['profile', 'list'],
];

describe.each(places)('where others can change %s', (place) => {
  test.each(['020', '002'])('(mode %s) nothing is done', async (bits) => {
    const box = prepared();
    const path = join(box.home, place);
    chmodSync(path, 0o755 | Number.parseInt(bits, 8));
    for (const args of commands) refused(await box.keys(args), path, 'is writable by other users');
    expect(existsSync(join(box.cwd, 'ran'))).toBe(false);
    const doctor = await box.keys(['doctor', '--json']);
    expect(doctor.exit).toBe(8);
    expect(doctor.stdout).toContain('is writable by other users');
    expect(doctor.stdout).toContain('chmod go-w');
    expect(existsSync(join(box.cwd, 'ran'))).toBe(false);
    chmodSync(path, place.endsWith('.json') ? 0o644 : 0o755);
    expect((await box.keys(['profile', 'list'])).exit).toBe(0);
  });

  test.skipIf(!asRoot)('for it belongs to them, nothing is done', async () => {
    const box = prepared();
    const path = join(box.home, place);
    chownSync(path, stranger, stranger);
    for (const args of commands) refused(await box.keys(args), path, `belongs to another user (${stranger})`);
    expect(existsSync(join(box.cwd, 'ran'))).toBe(false);
    expect((await box.keys(['doctor'])).stdout).toContain('belongs to another user');
  });
});

test.skipIf(!asRoot)('a link that somebody else has set is not followed, one of our own is', async () => {
  const box = prepared();
  const file = join(box.home, 'config', 'config.json');
  renameSync(file, join(box.home, 'real.json'));
  symlinkSync('../real.json', file);
  expect((await box.keys(['profile', 'list'])).exit).toBe(0);
  spawnSync('chown', ['-h', String(stranger), file]);
  refused(await box.keys(['profile', 'list']), file, 'belongs to another user');
});

test.skipIf(!asRoot)('a folder of the default ones that others can change is refused, too', async () => {
  const box = new Sandbox();
  const config = join(box.env.HOME ?? '', '.config', 'keys');
  mkdirSync(config, { recursive: true });
  chmodSync(config, 0o777);
  const run = await box.program(['list'], { env: { KEYS_HOME: '' } });
  refused(run, config, 'is writable by other users (0777)');
});

test('a KEYS_HOME to which others can add, but in which they cannot replace anything, is used', async () => {
  const box = prepared();
  chmodSync(box.home, 0o1777);
  expect((await box.keys(['profile', 'list'])).exit).toBe(0);
  chmodSync(join(box.home, 'config'), 0o1777);
  refused(
    await box.keys(['profile', 'list']),
    join(box.home, 'config'),
    'is writable by other users (01777)',
  );
});

test('a provider of the user that others can change is refused', async () => {
  const box = prepared();
  const file = join(box.home, 'config', 'providers', 'mine.json');
  writeFileSync(file, '{}');
  chmodSync(file, 0o666);
  refused(await box.keys(['list', '--provider', 'mine']), file, 'is writable by other users (0666)');
});

describe('a KEYS_HOME that is none', () => {
  test.each<[string, (box: Sandbox) => void, string, string]>([
    ['a file', ({ home }) => writeFileSync(home, ''), '', 'is not a folder'],
    ['a link to nothing', ({ home }) => symlinkSync('nowhere', home), '', 'is a symbolic link to nothing'],
    ['a FIFO', ({ home }) => void spawnSync('mkfifo', [home]), '', 'is not a folder'],
    [
      'below a file',
      ({ home }) => {
        mkdirSync(home);
        writeFileSync(join(home, 'file'), '');
      },
      'file/below',
      'is below something that is not a folder',
    ],
  ])('(%s) is an error that says so', async (_, make, below, reason) => {
    const box = new Sandbox();
    make(box);
    const home = below === '' ? box.home : join(box.home, below);
    for (const args of commands) refused(await box.keys(args, { env: { KEYS_HOME: home } }), home, reason);
    expect((await box.keys(['doctor'], { env: { KEYS_HOME: home } })).exit).toBe(8);
    for (const args of [['--version'], ['help'], ['provider', 'list']].slice(0, 2))
      expect((await box.keys(args, { env: { KEYS_HOME: home } })).exit).toBe(0);
  });

  test.each(['config', 'data', 'state'])(
    '(a file in the place of %s) is an error that says so',
    async (name) => {
      const box = new Sandbox();
      mkdirSync(box.home);
      writeFileSync(join(box.home, name), '');
      for (const args of commands) refused(await box.keys(args), join(box.home, name), 'is not a folder');
    },
  );
});

describe('a configuration', () => {
  const write = (box: Sandbox, text: string | Buffer) => {
    mkdirSync(join(box.home, 'config'), { recursive: true });
    writeFileSync(join(box.home, 'config', 'config.json'), text);
  };

  test('may begin with a byte order mark, and is still written', async () => {
    const box = new Sandbox();
    write(box, '\ufeff{"profiles":{"ci":{"provider":"local"}}}');
    expect(await box.keys(['list', '--profile', 'ci'])).toMatchObject({ exit: 0, stderr: '' });
    expect((await box.program(['profile', 'use', 'ci'])).exit).toBe(0);
    expect((await box.keys(['profile', 'list', '--json', 'name,current'])).stdout).toContain('"ci"');
  });

  test('that is a FIFO or a folder is an error at once', async () => {
    const box = new Sandbox();
    mkdirSync(join(box.home, 'config', 'config.json'), { recursive: true });
    const file = join(box.home, 'config', 'config.json');
    refused(await box.keys(['list']), file, 'is not a plain file');
    rmSync(file, { recursive: true });
    spawnSync('mkfifo', [file]);
    refused(await box.keys(['list']), file, 'is not a plain file');
  });

  test('that is huge is not read', async () => {
    const box = new Sandbox();
    write(box, '');
    truncateSync(join(box.home, 'config', 'config.json'), 5 * 1024 ** 3);
    expect(await box.keys(['list'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('it is larger than 1024 KiB'),
    });
    truncateSync(join(box.home, 'config', 'config.json'));
  });

  test('with an unknown setting is reported once, with the closest name', async () => {
    const box = new Sandbox();
    write(box, '{"currentProfle":"x","theme":1,"profiles":{"local":{"provider":"local","escrw":"file"}}}');
    const { exit, stderr } = await box.keys(['list']);
    expect(exit).toBe(0);
    const file = join(box.home, 'config', 'config.json');
    expect(stderr.trimEnd().split('\n')).toEqual([
      `warning: ${file}: currentProfle is not a setting and is ignored (did you mean currentProfile?)`,
      `warning: ${file}: theme is not a setting and is ignored`,
      `warning: ${file}: profiles.local.escrw is not a setting and is ignored (did you mean escrow?)`,
    ]);
    expect((await box.keys(['doctor'])).stdout).toContain('did you mean escrow?');
  });
});

test('a FIFO in the place of any file that is named holds nobody up', async () => {
  const box = new Sandbox();
  spawnSync('mkfifo', [join(box.cwd, 'fifo')]);
  for (const args of [
    ['provider', 'check', 'fifo'],
    ['restore', 'fifo', '--yes'],
    ['backup', 'fifo', '--yes'],
    ['verify', '--from', 'file:fifo'],
    ['find', '--from', 'env:fifo#K'],
    ['run', '--env', 'A=file:fifo', '--', 'true'],
    ['create', 'ci', '--to', 'file:fifo'],
    ['create', 'ci', '--to', 'env:fifo#K'],
    ['session', 'list', '--db', 'fifo'],
  ]) {
    const run = await box.program(args);
    expect(run.exit, `${args.join(' ')}: ${run.stderr}`).not.toBe(0);
    expect(run.stderr).not.toContain('this is a bug');
  }
});

describe('a token file', () => {
  const api = { KEYS_PROVIDER: 'unreal', KEYS_URL: 'http://127.0.0.1:9' };

  test('may begin with a byte order mark, or be a pipe', async () => {
    const box = new Sandbox();
    box.expectSecretIn('token');
    writeFileSync(join(box.cwd, 'token'), '\ufefftok-EXAMPLE\n', { mode: 0o600 });
    const status = await box.keys(['status', '--json'], { env: { ...api, KEYS_TOKEN_FILE: 'token' } });
    expect(status.stderr).not.toContain('is not a token');
    const line = `KEYS_TOKEN_FILE=<(sleep 0.2; echo tok-EXAMPLE) ${process.execPath} ${program} list --timeout 1s`;
    const piped = await box.command(['bash', '-c', line], { env: api });
    expect(piped).toMatchObject({ exit: 7 });
  });

  test('that is a FIFO without a writer, or huge, is an error', async () => {
    const box = new Sandbox();
    spawnSync('mkfifo', [join(box.cwd, 'fifo')]);
    writeFileSync(join(box.cwd, 'huge'), '', { mode: 0o600 });
    truncateSync(join(box.cwd, 'huge'), 5 * 1024 ** 3);
    for (const [name, reason] of [
      ['fifo', 'contains no token'],
      ['huge', 'it is larger than 64 KiB'],
    ] as const) {
      const run = await box.keys(['list'], { env: { ...api, KEYS_TOKEN_FILE: name } });
      expect(run).toMatchObject({ exit: 4, stderr: expect.stringContaining(reason) });
    }
    truncateSync(join(box.cwd, 'huge'));
  });
});

describe('a current folder that is gone', () => {
  let elsewhere: (box: Sandbox, args: readonly string[], env?: Record<string, string>) => Promise<Run>;
  beforeAll(() => {
    elsewhere = (box, args, env = {}) =>
      box.command(
        [
          'sh',
          '-c',
          'mkdir gone && cd gone && rmdir ../gone && exec "$@"',
          'sh',
          process.execPath,
          program,
          ...args,
        ],
        { env },
      );
  });

  test.each([
    ['--version'],
    ['help'],
    ['list'],
    ['doctor'],
    ['profile', 'list'],
    ['recover', '--list'],
    ['logs'],
  ])('%s works', async (...args) => {
    const run = await elsewhere(new Sandbox(), args);
    expect(run).toMatchObject({ exit: 0, stderr: '' });
  });

  test('what names a place as a whole works', async () => {
    const box = new Sandbox();
    box.expectSecretIn('secret');
    box.expectSecretIn('copy');
    const to = ['--to', `file:${join(box.cwd, 'secret')}`, '--to', `exec:tee ${join(box.cwd, 'copy')}`];
    expect(await elsewhere(box, ['create', 'ci', ...to])).toMatchObject({ exit: 0 });
    expect(box.read('copy')).toBe(box.read('secret'));
  });

  test('what is relative is refused by name, and nothing is made', async () => {
    const box = new Sandbox();
    const run = await elsewhere(box, ['create', 'ci', '--to', 'file:secret']);
    expect(run).toMatchObject({ exit: 1, stderr: expect.stringContaining('does not exist') });
    const home = await elsewhere(box, ['create', 'ci', '--secret-only'], { KEYS_HOME: 'home' });
    expect(home).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('the current folder no longer exists'),
    });
    expect(existsSync(join(box.cwd, 'gone'))).toBe(false);
    expect((await box.program(['list', '--json'])).stdout).toBe('[]\n');
  });
});
