import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Run, RunOptions } from '../support/sandbox.ts';
import { program, Sandbox } from '../support/sandbox.ts';
import { folders, Transcript } from '../support/transcript.ts';

/* A KEYS_HOME that others own or can change, or that is not a folder; and a current folder that no longer exists. */

const isRoot = process.getuid?.() === 0;
const strangerId = 12345;

/** A configuration whose tokenCommand leaves a trace. */
function setTrap(box: Sandbox): void {
  const tokenCommand = ['sh', '-c', 'touch ran; echo token'];
  const profiles = { api: { provider: 'unreal', url: 'http://127.0.0.1:9', tokenCommand } };
  mkdirSync(join(box.home, 'config', 'providers'), { recursive: true });
  writeFileSync(join(box.home, 'config', 'config.json'), JSON.stringify({ currentProfile: 'api', profiles }));
}

const places = ['.', 'config', 'config/config.json', 'config/providers', 'data', 'state', 'state/operations'];

function withTrap(): Sandbox {
  const box = new Sandbox();
  setTrap(box);
  for (const folder of ['data', 'state/operations']) mkdirSync(join(box.home, folder), { recursive: true });
  return box;
}

const commands = [
  ['list'],
  ['create', 'ci', '--to', 'file:ci'],
  ['recover', '--all', '--yes'],
  ['profile', 'list'],
];

/** A refused run as text. All commands are refused in the same words. */
async function refusal(box: Sandbox, options: RunOptions = {}): Promise<string> {
  const runs: Run[] = [];
  for (const args of commands) runs.push(await box.keys(args, options));
  const [run = expect.fail('no command')] = runs;
  expect(runs).toEqual(commands.map(() => run));
  return new Transcript(box, [folders]).of(['list'], run);
}

/** What doctor finds wrong, as text. */
async function failedChecks(box: Sandbox, options: RunOptions = {}): Promise<string> {
  const { exit, stdout, stderr } = await box.keys(['doctor'], options);
  const failures = stdout.split(/(?<=\n)/).filter((line) => line.split('\t')[1] === 'fail');
  return new Transcript(box, [folders]).of(['doctor'], { exit, stdout: failures.join(''), stderr });
}

function hasSprung(box: Sandbox): boolean {
  return existsSync(join(box.cwd, 'ran'));
}

describe('a place that others can change', () => {
  test.each(['020', '002'])('(mode %s) is refused, and no tokenCommand runs', async (bits) => {
    const texts: string[] = [];
    for (const place of places) {
      const box = withTrap();
      const path = join(box.home, place);
      chmodSync(path, 0o755 | Number.parseInt(bits, 8));
      texts.push(`# ${place}\n`, await refusal(box), await failedChecks(box));
      expect(hasSprung(box)).toBe(false);
      chmodSync(path, place.endsWith('.json') ? 0o644 : 0o755);
      expect((await box.keys(['profile', 'list'])).exit).toBe(0);
    }
    const mode = (0o755 | Number.parseInt(bits, 8)).toString(8).padStart(4, '0');
    expect(texts.join('').replaceAll(mode, 'MODE')).toMatchInlineSnapshot(`
      "# .
      $ keys list
      exit 2
      --- stderr
      error: [folder 1] is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1] is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]
      escrow	fail	[folder 1] is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]
      # config
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/config
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/config is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config
      escrow	fail	[folder 1]/config is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config
      # config/config.json
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config/config.json is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/config/config.json
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      file	fail	[folder 1]/config/config.json is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config/config.json
      escrow	fail	[folder 1]/config/config.json is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config/config.json
      # config/providers
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config/providers is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/config/providers
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/config/providers is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config/providers
      escrow	fail	[folder 1]/config/providers is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/config/providers
      # data
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/data is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/data
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/data is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/data
      escrow	fail	[folder 1]/data is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/data
      # state
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/state is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/state
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/state is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/state
      escrow	fail	[folder 1]/state is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/state
      # state/operations
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/state/operations is writable by other users (MODE)
      hint: if you trust its contents: chmod go-w [folder 1]/state/operations
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/state/operations is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/state/operations
      escrow	fail	[folder 1]/state/operations is writable by other users (MODE)	if you trust its contents: chmod go-w [folder 1]/state/operations
      "
    `);
  });

  test.skipIf(!isRoot)('because it belongs to them is refused', async () => {
    const texts: string[] = [];
    for (const place of places) {
      const box = withTrap();
      chownSync(join(box.home, place), strangerId, strangerId);
      texts.push(`# ${place}\n`, await refusal(box), await failedChecks(box));
      expect(hasSprung(box)).toBe(false);
    }
    expect(texts.join('')).toMatchInlineSnapshot(`
      "# .
      $ keys list
      exit 2
      --- stderr
      error: [folder 1] belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1] belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]
      escrow	fail	[folder 1] belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]
      # config
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/config
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/config belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config
      escrow	fail	[folder 1]/config belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config
      # config/config.json
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config/config.json belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/config/config.json
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      file	fail	[folder 1]/config/config.json belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config/config.json
      escrow	fail	[folder 1]/config/config.json belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config/config.json
      # config/providers
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/config/providers belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/config/providers
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/config/providers belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config/providers
      escrow	fail	[folder 1]/config/providers belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/config/providers
      # data
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/data belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/data
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/data belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/data
      escrow	fail	[folder 1]/data belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/data
      # state
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/state belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/state
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/state belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/state
      escrow	fail	[folder 1]/state belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/state
      # state/operations
      $ keys list
      exit 2
      --- stderr
      error: [folder 1]/state/operations belongs to another user (12345)
      hint: if you trust its contents: sudo chown -R 0 [folder 1]/state/operations
      hint: or choose another folder with KEYS_HOME (keys help environment)
      $ keys doctor
      exit 8
      --- stdout
      folder	fail	[folder 1]/state/operations belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/state/operations
      escrow	fail	[folder 1]/state/operations belongs to another user (12345)	if you trust its contents: sudo chown -R 0 [folder 1]/state/operations
      "
    `);
  });
});

test.skipIf(!isRoot)('a symbolic link of another user is not followed, one of your own is', async () => {
  const box = withTrap();
  const file = join(box.home, 'config', 'config.json');
  renameSync(file, join(box.home, 'real.json'));
  symlinkSync('../real.json', file);
  expect((await box.keys(['profile', 'list'])).exit).toBe(0);
  spawnSync('chown', ['-h', String(strangerId), file]);
  expect(await refusal(box)).toMatchInlineSnapshot(`
    "$ keys list
    exit 2
    --- stderr
    error: [folder 1]/config/config.json belongs to another user (12345)
    hint: if you trust its contents: sudo chown -R 0 [folder 1]/config/config.json
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

test.skipIf(!isRoot)('a default folder that others can change is refused', async () => {
  const box = new Sandbox();
  const config = join(box.env.HOME ?? '', '.config', 'keys');
  mkdirSync(config, { recursive: true });
  chmodSync(config, 0o777);
  const story = new Transcript(box, [folders]);
  expect(await story.program(['list'], { env: { KEYS_HOME: '' } })).toMatchInlineSnapshot(`
    "$ keys list
    exit 2
    --- stderr
    error: [folder 1]/.config/keys is writable by other users (0777)
    hint: if you trust its contents: chmod go-w [folder 1]/.config/keys
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

test('without a folder to keep anything in, nothing is kept below the current folder', async () => {
  const box = new Sandbox();
  for (const HOME of ['', 'relative']) {
    const { exit, stderr } = await box.program(['list'], { env: { KEYS_HOME: '', HOME } });
    expect(exit).toBe(2);
    expect(stderr).toBe('error: this user has no home folder\nhint: export KEYS_HOME=/path/to/a/folder\n');
  }
  expect(readdirSync(box.cwd)).toEqual([]);
});

test('a KEYS_HOME to which others can add, but in which they cannot replace anything, is used', async () => {
  const box = withTrap();
  chmodSync(box.home, 0o1777);
  expect((await box.keys(['profile', 'list'])).exit).toBe(0);
  chmodSync(join(box.home, 'config'), 0o1777);
  expect(await refusal(box)).toMatchInlineSnapshot(`
    "$ keys list
    exit 2
    --- stderr
    error: [folder 1]/config is writable by other users (01777)
    hint: if you trust its contents: chmod go-w [folder 1]/config
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

test("a user's provider that others can change is refused", async () => {
  const box = withTrap();
  const file = join(box.home, 'config', 'providers', 'mine.json');
  writeFileSync(file, '{}');
  chmodSync(file, 0o666);
  const story = new Transcript(box, [folders]);
  expect(await story.keys(['list', '--provider', 'mine'])).toMatchInlineSnapshot(`
    "$ keys list --provider mine
    exit 2
    --- stderr
    error: [folder 1]/config/providers/mine.json is writable by other users (0666)
    hint: if you trust its contents: chmod go-w [folder 1]/config/providers/mine.json
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

test('a KEYS_HOME that is not a folder is an error', async () => {
  const obstacles: [label: string, make: (box: Sandbox) => void, below: string][] = [
    ['a file', ({ home }) => writeFileSync(home, ''), ''],
    ['a symbolic link to nothing', ({ home }) => symlinkSync('nowhere', home), ''],
    ['a FIFO', ({ home }) => void spawnSync('mkfifo', [home]), ''],
    [
      'below a file',
      ({ home }) => {
        mkdirSync(home);
        writeFileSync(join(home, 'file'), '');
      },
      'file/below',
    ],
  ];
  const texts: string[] = [];
  for (const [label, make, below] of obstacles) {
    const box = new Sandbox();
    make(box);
    const env = { KEYS_HOME: below === '' ? box.home : join(box.home, below) };
    texts.push(`# ${label}\n`, await refusal(box, { env }), await failedChecks(box, { env }));
    for (const args of [['--version'], ['help']]) expect((await box.keys(args, { env })).exit).toBe(0);
  }
  expect(texts.join('')).toMatchInlineSnapshot(`
    "# a file
    $ keys list
    exit 2
    --- stderr
    error: [folder 1] is not a folder
    hint: ls -ld [folder 1]
    hint: or choose another folder with KEYS_HOME (keys help environment)
    $ keys doctor
    exit 8
    --- stdout
    folder	fail	[folder 1] is not a folder	ls -ld [folder 1]
    folder	fail	[folder 1]/config is below something that is not a folder	ls -ld [folder 1]/config
    folder	fail	[folder 1]/config/providers is below something that is not a folder	ls -ld [folder 1]/config/providers
    folder	fail	[folder 1]/data is below something that is not a folder	ls -ld [folder 1]/data
    folder	fail	[folder 1]/state is below something that is not a folder	ls -ld [folder 1]/state
    folder	fail	[folder 1]/state/operations is below something that is not a folder	ls -ld [folder 1]/state/operations
    folder	fail	[folder 1]/state/fleets is below something that is not a folder	ls -ld [folder 1]/state/fleets
    folder	fail	[folder 1]/state/applied is below something that is not a folder	ls -ld [folder 1]/state/applied
    folder	fail	[folder 1]/state/escrow is below something that is not a folder	ls -ld [folder 1]/state/escrow
    file	fail	[folder 1]/config/config.json is below something that is not a folder	ls -ld [folder 1]/config/config.json
    file	fail	[folder 1]/data/authority.db is below something that is not a folder	ls -ld [folder 1]/data/authority.db
    file	fail	[folder 1]/data/authority.db-wal is below something that is not a folder	ls -ld [folder 1]/data/authority.db-wal
    file	fail	[folder 1]/data/authority.db-shm is below something that is not a folder	ls -ld [folder 1]/data/authority.db-shm
    file	fail	[folder 1]/data/tokens.json is below something that is not a folder	ls -ld [folder 1]/data/tokens.json
    config	fail	[folder 1]/config/config.json cannot be read (ENOTDIR)	ls -l '[folder 1]/config/config.json'
    escrow	fail	[folder 1] is not a folder	ls -ld [folder 1]
    # a symbolic link to nothing
    $ keys list
    exit 2
    --- stderr
    error: [folder 1] is a symbolic link to nothing
    hint: ls -ld [folder 1]
    hint: or choose another folder with KEYS_HOME (keys help environment)
    $ keys doctor
    exit 8
    --- stdout
    folder	fail	[folder 1] is a symbolic link to nothing	ls -ld [folder 1]
    escrow	fail	[folder 1] is a symbolic link to nothing	ls -ld [folder 1]
    # a FIFO
    $ keys list
    exit 2
    --- stderr
    error: [folder 1] is not a folder
    hint: ls -ld [folder 1]
    hint: or choose another folder with KEYS_HOME (keys help environment)
    $ keys doctor
    exit 8
    --- stdout
    folder	fail	[folder 1] is not a folder	ls -ld [folder 1]
    folder	fail	[folder 1]/config is below something that is not a folder	ls -ld [folder 1]/config
    folder	fail	[folder 1]/config/providers is below something that is not a folder	ls -ld [folder 1]/config/providers
    folder	fail	[folder 1]/data is below something that is not a folder	ls -ld [folder 1]/data
    folder	fail	[folder 1]/state is below something that is not a folder	ls -ld [folder 1]/state
    folder	fail	[folder 1]/state/operations is below something that is not a folder	ls -ld [folder 1]/state/operations
    folder	fail	[folder 1]/state/fleets is below something that is not a folder	ls -ld [folder 1]/state/fleets
    folder	fail	[folder 1]/state/applied is below something that is not a folder	ls -ld [folder 1]/state/applied
    folder	fail	[folder 1]/state/escrow is below something that is not a folder	ls -ld [folder 1]/state/escrow
    file	fail	[folder 1]/config/config.json is below something that is not a folder	ls -ld [folder 1]/config/config.json
    file	fail	[folder 1]/data/authority.db is below something that is not a folder	ls -ld [folder 1]/data/authority.db
    file	fail	[folder 1]/data/authority.db-wal is below something that is not a folder	ls -ld [folder 1]/data/authority.db-wal
    file	fail	[folder 1]/data/authority.db-shm is below something that is not a folder	ls -ld [folder 1]/data/authority.db-shm
    file	fail	[folder 1]/data/tokens.json is below something that is not a folder	ls -ld [folder 1]/data/tokens.json
    config	fail	[folder 1]/config/config.json cannot be read (ENOTDIR)	ls -l '[folder 1]/config/config.json'
    escrow	fail	[folder 1] is not a folder	ls -ld [folder 1]
    # below a file
    $ keys list
    exit 2
    --- stderr
    error: [folder 1]/file/below is below something that is not a folder
    hint: ls -ld [folder 1]/file/below
    hint: or choose another folder with KEYS_HOME (keys help environment)
    $ keys doctor
    exit 8
    --- stdout
    folder	fail	[folder 1]/file/below is below something that is not a folder	ls -ld [folder 1]/file/below
    folder	fail	[folder 1]/file/below/config is below something that is not a folder	ls -ld [folder 1]/file/below/config
    folder	fail	[folder 1]/file/below/config/providers is below something that is not a folder	ls -ld [folder 1]/file/below/config/providers
    folder	fail	[folder 1]/file/below/data is below something that is not a folder	ls -ld [folder 1]/file/below/data
    folder	fail	[folder 1]/file/below/state is below something that is not a folder	ls -ld [folder 1]/file/below/state
    folder	fail	[folder 1]/file/below/state/operations is below something that is not a folder	ls -ld [folder 1]/file/below/state/operations
    folder	fail	[folder 1]/file/below/state/fleets is below something that is not a folder	ls -ld [folder 1]/file/below/state/fleets
    folder	fail	[folder 1]/file/below/state/applied is below something that is not a folder	ls -ld [folder 1]/file/below/state/applied
    folder	fail	[folder 1]/file/below/state/escrow is below something that is not a folder	ls -ld [folder 1]/file/below/state/escrow
    file	fail	[folder 1]/file/below/config/config.json is below something that is not a folder	ls -ld [folder 1]/file/below/config/config.json
    file	fail	[folder 1]/file/below/data/authority.db is below something that is not a folder	ls -ld [folder 1]/file/below/data/authority.db
    file	fail	[folder 1]/file/below/data/authority.db-wal is below something that is not a folder	ls -ld [folder 1]/file/below/data/authority.db-wal
    file	fail	[folder 1]/file/below/data/authority.db-shm is below something that is not a folder	ls -ld [folder 1]/file/below/data/authority.db-shm
    file	fail	[folder 1]/file/below/data/tokens.json is below something that is not a folder	ls -ld [folder 1]/file/below/data/tokens.json
    config	fail	[folder 1]/file/below/config/config.json cannot be read (ENOTDIR)	ls -l '[folder 1]/file/below/config/config.json'
    escrow	fail	[folder 1]/file/below is below something that is not a folder	ls -ld [folder 1]/file/below
    "
  `);
});

test('a file instead of one of the folders is an error', async () => {
  const texts: string[] = [];
  for (const name of ['config', 'data', 'state']) {
    const box = new Sandbox();
    mkdirSync(box.home);
    writeFileSync(join(box.home, name), '');
    texts.push(`# ${name}\n`, await refusal(box));
  }
  expect(texts.join('')).toMatchInlineSnapshot(`
    "# config
    $ keys list
    exit 2
    --- stderr
    error: [folder 1]/config is not a folder
    hint: ls -ld [folder 1]/config
    hint: or choose another folder with KEYS_HOME (keys help environment)
    # data
    $ keys list
    exit 2
    --- stderr
    error: [folder 1]/data is not a folder
    hint: ls -ld [folder 1]/data
    hint: or choose another folder with KEYS_HOME (keys help environment)
    # state
    $ keys list
    exit 2
    --- stderr
    error: [folder 1]/state is not a folder
    hint: ls -ld [folder 1]/state
    hint: or choose another folder with KEYS_HOME (keys help environment)
    "
  `);
});

describe('a configuration', () => {
  const write = (box: Sandbox, text: string | Buffer) => {
    mkdirSync(join(box.home, 'config'), { recursive: true });
    writeFileSync(join(box.home, 'config', 'config.json'), text);
  };

  test('may begin with a byte order mark, and can be changed', async () => {
    const box = new Sandbox();
    write(box, '\ufeff{"profiles":{"ci":{"provider":"local"}}}');
    const story = new Transcript(box, [folders]);
    expect(await story.keys(['list', '--profile', 'ci'])).toMatchInlineSnapshot(`
      "$ keys list --profile ci
      exit 0
      "
    `);
    expect((await box.program(['profile', 'use', 'ci'])).exit).toBe(0);
    expect(await story.keys(['profile', 'list', '--json', 'name,current'])).toMatchInlineSnapshot(`
      "$ keys profile list --json name,current
      exit 0
      --- stdout
      [
        {
          "name": "local",
          "current": false
        },
        {
          "name": "ci",
          "current": true
        }
      ]
      "
    `);
  });

  test('that is a FIFO or a folder is an error at once', async () => {
    const box = new Sandbox();
    mkdirSync(join(box.home, 'config', 'config.json'), { recursive: true });
    const file = join(box.home, 'config', 'config.json');
    const ofFolder = await refusal(box);
    expect(ofFolder).toMatchInlineSnapshot(`
      "$ keys list
      exit 2
      --- stderr
      error: [folder 1]/config/config.json is not a plain file
      hint: ls -ld [folder 1]/config/config.json
      hint: or choose another folder with KEYS_HOME (keys help environment)
      "
    `);
    rmSync(file, { recursive: true });
    spawnSync('mkfifo', [file]);
    expect(await refusal(box)).toBe(ofFolder);
  });

  test('that is huge is not read', async () => {
    const box = new Sandbox();
    write(box, '');
    truncateSync(join(box.home, 'config', 'config.json'), 5 * 1024 ** 3);
    expect(await new Transcript(box, [folders]).keys(['list'])).toMatchInlineSnapshot(`
      "$ keys list
      exit 1
      --- stderr
      error: [folder 1]/config/config.json cannot be read (it is larger than 1024 KiB)
      hint: ls -l '[folder 1]/config/config.json'
      "
    `);
    truncateSync(join(box.home, 'config', 'config.json'));
  });

  test('with an unknown setting is reported once, with the closest name', async () => {
    const box = new Sandbox();
    write(box, '{"currentProfle":"x","theme":1,"profiles":{"local":{"provider":"local","escrw":"file"}}}');
    const story = new Transcript(box, [folders]);
    expect(await story.keys(['list'])).toMatchInlineSnapshot(`
      "$ keys list
      exit 0
      --- stderr
      warning: [folder 1]/config/config.json: currentProfle is not a setting and is ignored (did you mean currentProfile?)
      warning: [folder 1]/config/config.json: theme is not a setting and is ignored
      warning: [folder 1]/config/config.json: profiles.local.escrw is not a setting and is ignored (did you mean escrow?)
      "
    `);
    const doctor = await box.keys(['doctor']);
    const checks = doctor.stdout.split(/(?<=\n)/).filter((line) => line.startsWith('config\t'));
    expect(story.filtered(checks.join(''))).toMatchInlineSnapshot(
      `
      "config	warn	[folder 1]/config/config.json: currentProfle is not a setting and is ignored (did you mean currentProfile?); [folder 1]/config/config.json: theme is not a setting and is ignored; [folder 1]/config/config.json: profiles.local.escrw is not a setting and is ignored (did you mean escrow?)	
      "
    `,
    );
  });
});

test('a FIFO in place of any file that a flag names does not block', async () => {
  const box = new Sandbox();
  spawnSync('mkfifo', [join(box.cwd, 'fifo')]);
  const story = new Transcript(box, [folders]);
  const texts: string[] = [];
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
  ])
    texts.push(await story.program(args));
  expect(texts.join('')).not.toContain('this is a bug');
  expect(texts.join('')).not.toContain('exit 0');
  expect(texts.join('')).toMatchInlineSnapshot(`
    "$ keys provider check fifo
    exit 1
    --- stderr
    error: cannot read [folder 1]/fifo: it is not a plain file
    hint: check that the file exists, that you may read it, and what is in it
    $ keys restore fifo --yes
    exit 1
    --- stderr
    error: [folder 1]/fifo is not a backup of the authority
    hint: to make one: keys backup <file>
    $ keys backup fifo --yes
    exit 1
    --- stderr
    error: [folder 1]/fifo is not a regular file, so it cannot hold a backup
    hint: ls -ld [folder 1]/fifo
    $ keys verify --from file:fifo
    exit 1
    --- stderr
    error: there is no value at file:fifo
    hint: check the name and the path
    $ keys find --from env:fifo#K
    exit 1
    --- stderr
    error: there is no value at env:fifo#K
    hint: check the name and the path
    $ keys run --env A=file:fifo -- true
    exit 1
    --- stderr
    error: there is no value at file:fifo
    hint: check the name and the path
    $ keys create ci --to file:fifo
    exit 1
    --- stderr
    error: [folder 1]/fifo is not a plain file: a secret is written only to a plain file
    hint: ls -ld '[folder 1]/fifo'
    $ keys create ci --to env:fifo#K
    exit 1
    --- stderr
    error: [folder 1]/fifo is not a plain file: a secret is written only to a plain file
    hint: ls -ld '[folder 1]/fifo'
    $ keys session list --db fifo
    exit 1
    --- stderr
    error: the authority's database [folder 1]/fifo was written by an earlier version of keys and needs an update, but it is not writable
    hint: keys doctor
    --- files
    fifo-journal (644): (binary)
    "
  `);
});

describe('a token file', () => {
  const api = { KEYS_PROVIDER: 'unreal', KEYS_URL: 'http://127.0.0.1:9' };

  test('may begin with a byte order mark, or be a pipe', async () => {
    const box = new Sandbox();
    box.expectSecretIn('token');
    writeFileSync(join(box.cwd, 'token'), '\ufefftok-EXAMPLE\n', { mode: 0o600 });
    const story = new Transcript(box, [folders, { word: 'byte order mark', pattern: /\ufeff/g }]);
    expect(
      await story.keys(['status', '--json'], { env: { ...api, KEYS_TOKEN_FILE: 'token' } }),
    ).toMatchInlineSnapshot(`
      "$ keys status --json
      exit 7
      --- stderr
      {"error":{"code":"connection_failed","message":"cannot connect to http://127.0.0.1:9: the connection was refused (ECONNREFUSED)","hint":"check the URL of the profile: keys profile list"}}
      --- files
      token (600): [byte order mark]tok-EXAMPLE
      "
    `);
    const source = 'KEYS_TOKEN_FILE=<(sleep 0.2; echo tok-EXAMPLE)';
    const line = `${source} "$0" "$1" list --timeout 1s`;
    const run = await box.command(['bash', '-c', line, process.execPath, program], { env: api });
    expect(story.line(`${source} keys list --timeout 1s`, run)).toMatchInlineSnapshot(`
      "$ KEYS_TOKEN_FILE=<(sleep 0.2; echo tok-EXAMPLE) keys list --timeout 1s
      exit 7
      --- stderr
      error: cannot connect to http://127.0.0.1:9: the connection was refused (ECONNREFUSED)
      hint: check the URL of the profile: keys profile list
      --- files
      token (600): [byte order mark]tok-EXAMPLE
      "
    `);
  });

  test('that is a FIFO without a writer, or huge, is an error', async () => {
    const box = new Sandbox();
    spawnSync('mkfifo', [join(box.cwd, 'fifo')]);
    writeFileSync(join(box.cwd, 'huge'), '', { mode: 0o600 });
    truncateSync(join(box.cwd, 'huge'), 5 * 1024 ** 3);
    const story = new Transcript(box, [folders]);
    const list = (name: string) => story.keys(['list'], { env: { ...api, KEYS_TOKEN_FILE: name } });
    expect((await list('fifo')) + (await list('huge'))).toMatchInlineSnapshot(`
      "$ keys list
      exit 4
      --- stderr
      error: fifo contains no token
      hint: give only the token, on one line, without quotes and without "Bearer "
      --- files
      huge (600): (large)
      $ keys list
      exit 4
      --- stderr
      error: KEYS_TOKEN_FILE: [folder 1]/huge cannot be read (it is larger than 64 KiB)
      hint: ls -ld '[folder 1]/huge'
      --- files
      huge (600): (large)
      "
    `);
    truncateSync(join(box.cwd, 'huge'));
  });
});

describe('a current folder that no longer exists', () => {
  /** Runs `keys` in a folder that the shell has removed. */
  function inRemovedFolder(box: Sandbox, args: readonly string[], env = {}): Promise<Run> {
    const line = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"';
    return box.command(['sh', '-c', line, 'sh', process.execPath, program, ...args], { env });
  }

  test.each([
    ['--version'],
    ['help'],
    ['list'],
    ['doctor'],
    ['profile', 'list'],
    ['recover', '--list'],
    ['logs'],
  ])('%s works', async (...args) => {
    const run = await inRemovedFolder(new Sandbox(), args);
    expect(run).toMatchObject({ exit: 0, stderr: '' });
  });

  test('absolute paths work', async () => {
    const box = new Sandbox();
    box.expectSecretIn('secret');
    box.expectSecretIn('copy');
    const to = ['--to', `file:${join(box.cwd, 'secret')}`, '--to', `exec:tee ${join(box.cwd, 'copy')}`];
    expect(await inRemovedFolder(box, ['create', 'ci', ...to])).toMatchObject({ exit: 0 });
    expect(box.read('copy')).toBe(box.read('secret'));
  });

  test('a relative path is refused, and nothing is created', async () => {
    const box = new Sandbox();
    const story = new Transcript(box, [folders]);
    const toFile = ['create', 'ci', '--to', 'file:secret'];
    expect(story.of(toFile, await inRemovedFolder(box, toFile))).toMatchInlineSnapshot(`
      "$ keys create ci --to file:secret
      exit 1
      --- stderr
      error: the folder [folder 1]/gone does not exist
      hint: mkdir -p -m 700 '[folder 1]/gone'
      "
    `);
    const alone = ['create', 'ci', '--secret-only'];
    const run = await inRemovedFolder(box, alone, { KEYS_HOME: 'home' });
    expect(story.of(alone, run)).toMatchInlineSnapshot(`
      "$ keys create ci --secret-only
      exit 2
      --- stderr
      error: KEYS_HOME is the relative path 'home', but the current folder no longer exists
      hint: cd
      "
    `);
    expect(existsSync(join(box.cwd, 'gone'))).toBe(false);
    expect((await box.program(['list', '--json'])).stdout).toBe('[]\n');
  });
});
