import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { exits } from '../../src/base/error-codes.ts';
import { withEscrow } from '../support/escrow.ts';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { seedKey } from '../support/seed.ts';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));

test.each([['--version'], ['-V'], ['--json', '--version'], ['list', '-V']])(
  '%s %s prints the version',
  async (...args) => {
    expect(await new Sandbox().keys(args)).toEqual({ exit: 0, stdout: `${version}\n`, stderr: '' });
  },
);

test('without a command, prints help on stderr: exit 2', async () => {
  const run = await new Sandbox().keys([]);
  expect(run).toMatchObject({ exit: 2, stdout: '' });
  expect(run.stderr).toContain('Usage: keys <command> [flags]');
});

test.each([
  ['--help'],
  ['-h'],
  ['help'],
  ['help', 'create'],
  ['create', '--help'],
  ['create', 'help'],
  ['list', 'help'],
  ['run', 'help'],
  ['provider', 'list', 'help'],
  ['provider', 'help'],
  ['help', 'provider', 'list'],
  ['help', 'provider'],
  ['provider', '--help'],
])('help: keys %s %s', async (...args) => {
  const run = await new Sandbox().keys(args);
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(run.stdout).toContain('Usage: keys');
});

test.each([
  ['create', 'help', '--to', 'file:a'],
  ['revoke', 'help', '--yes'],
  ['rotate', '--secret-only', 'help'],
])('does not guess whether help or a key named help is meant: keys %s %s %s', async (...args) => {
  const run = await new Sandbox().keys(args);
  expect(run.exit).toBe(2);
  expect(run.stderr).toContain(`something named help: keys ${args[0]} … -- help`);
});

test('help after -- is a name', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a');
  expect((await box.keys(['create', '--to', 'file:a', '--', 'help'])).exit).toBe(0);
  expect(JSON.parse((await box.keys(['list', '--json', 'name'])).stdout)).toEqual([{ name: 'help' }]);
});

test('help lists every command of the catalog, and each has a page with an example', async () => {
  const box = new Sandbox();
  const { catalog } = await import('../../src/commands/catalog.ts');
  const { stdout } = await box.keys(['help']);
  for (const name of Object.keys(catalog)) {
    expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect((await box.keys(['help', ...name.split(' ')])).stdout).toContain('Examples:\n  keys ');
  }
});

test.each(['exit-codes', 'environment', 'formats', 'sinks', 'providers', 'errors'])(
  'help has the topic %s',
  async (topic) => {
    const run = await new Sandbox().keys(['help', topic]);
    expect(run.exit).toBe(0);
    expect(run.stdout.split('\n').length).toBeGreaterThan(3);
  },
);

test('the README has the exit codes of the program', () => {
  const rows = Object.values(exits).map(({ code, meaning }) => `| ${code} | ${meaning} |`);
  expect(readFileSync(join(projectRoot, 'README.md'), 'utf8')).toContain(rows.join('\n'));
});

test('refuses an unknown command and suggests a similar one', async () => {
  const run = await new Sandbox().keys(['creat', '--json']);
  expect(run.exit).toBe(2);
  expect(JSON.parse(run.stderr)).toEqual({
    error: { code: 'usage', message: "unknown command 'creat'", hint: 'keys create\nkeys help' },
  });
});

test('refuses an unknown flag, suggests a similar one, and does not report the word after it', async () => {
  const run = await new Sandbox().keys(['list', '--limt', '3', '--json']);
  expect(run.exit).toBe(2);
  expect(JSON.parse(run.stderr).error.message).toBe('unknown flag --limt (did you mean --limit?)');
});

test('does not repeat a surplus argument that may be a secret meant for stdin', async () => {
  const box = new Sandbox();
  for (const command of ['login', 'verify']) {
    const run = await box.keys([command, 'my-very-own-token']);
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('unexpected argument (the first); this command takes none');
    expect(run.stderr).not.toContain('my-very-own-token');
  }
});

test('an error that has no hint of its own gets that of its code', async () => {
  const run = await new Sandbox().keys(['restore', 'nothing.db', '--yes', '--json']);
  expect(run.exit).toBe(1);
  expect(JSON.parse(run.stderr).error).toMatchObject({ code: 'no_backup', hint: 'check the path' });
});

test('refuses a flag without its value', async () => {
  const run = await new Sandbox().keys(['list', '--limit']);
  expect(run).toMatchObject({ exit: 2, stderr: 'error: --limit needs a value\nhint: keys help list\n' });
});

test('global flags stand before or after the command', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, new Date());
  for (const args of [
    ['--json', 'id', 'list'],
    ['list', '--json', 'id'],
    ['--format', 'json', 'list', '--json=id'],
  ]) {
    expect(JSON.parse((await box.keys(args)).stdout)).toEqual([{ id }]);
  }
});

test('status shows the profile, the provider and its capabilities', async () => {
  const run = await new Sandbox().keys(['--json', 'status']);
  expect(JSON.parse(run.stdout)).toMatchObject({
    profile: 'local',
    provider: 'local',
    url: null,
    tokenSource: null,
    authenticated: true,
    capabilities: { overlap: 'client', expiry: 'any', maxKeys: null, logs: true },
  });
});

test('the flag selects the profile, then the environment, then the configuration', async () => {
  const box = new Sandbox();
  const profiles = { work: { provider: 'local' }, home: { provider: 'local' }, ci: { provider: 'local' } };
  mkdirSync(join(box.home, 'config'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(box.home, 'config', 'config.json'),
    JSON.stringify({ currentProfile: 'home', profiles }),
  );
  const used = async (args: string[], env = {}) =>
    JSON.parse((await box.keys(['status', '--json', 'profile', ...args], { env })).stdout).profile;
  expect(await used([])).toBe('home');
  expect(await used([], { KEYS_PROFILE: 'work' })).toBe('work');
  expect(await used(['--profile', 'ci'], { KEYS_PROFILE: 'work' })).toBe('ci');
});

test('invalid profiles, providers and URLs are usage errors', async () => {
  const box = new Sandbox();
  for (const flags of [
    ['--profile', 'nobody'],
    ['--provider', 'unheard-of'],
    ['--url', 'https://api.example.com'],
  ]) {
    const run = await box.keys(['list', ...flags]);
    expect(run.exit).toBe(2);
    expect(run.stderr).toMatch(/hint: keys (profile|provider) list/);
  }
});

test('an invalid configuration is reported with the path of each problem', async () => {
  const box = new Sandbox();
  const file = join(box.home, 'config', 'config.json');
  mkdirSync(join(box.home, 'config'), { recursive: true });
  writeFileSync(file, JSON.stringify({ currentProfile: 7, profiles: { work: {} } }));
  const run = await box.keys(['list']);
  expect(run.exit).toBe(1);
  expect(run.stderr).toContain(file);
  expect(run.stderr).toContain('currentProfile: ');
  expect(run.stderr).toContain('profiles.work.provider: ');
  writeFileSync(file, '{ not json');
  expect((await box.keys(['list'])).stderr).toContain(`${file} is not a valid configuration`);
});

test('provider list names the embedded authority first', async () => {
  const run = await new Sandbox().keys(['provider', 'list', '--json', 'id']);
  expect(JSON.parse(run.stdout)[0]).toEqual({ id: 'local' });
});

test('doctor finds no problem on a fresh machine, and changes nothing', async () => {
  const box = new Sandbox();
  const run = await box.keys(['doctor', '--json']);
  expect(run.exit).toBe(0);
  const checks = JSON.parse(run.stdout) as { check: string; status: string }[];
  expect(checks.map(({ check }) => check)).toEqual([
    'version',
    'node',
    'folders',
    'config',
    'authority',
    'escrow',
    'operations',
    'terminal',
  ]);
  const others = checks.filter(({ check }) => check !== 'escrow');
  expect(others.every(({ status }) => status === 'ok')).toBe(true);
});

test.skipIf(process.platform !== 'linux')(
  'doctor shows where undelivered secrets are kept, and what is unfinished',
  async () => {
    const findings = async (box: Sandbox, env: Record<string, string> = {}) => {
      const { stdout } = await box.keys(['doctor', '--json'], { env });
      const all = JSON.parse(stdout) as { check: string; status: string; message: string; hint?: string }[];
      return all.filter(({ check }) => check === 'escrow' || check === 'operations');
    };
    expect(await findings(new Sandbox())).toMatchObject([
      { status: 'warn', hint: expect.stringContaining('"escrow": "file" for the profile local') },
      { status: 'ok' },
    ]);
    const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };
    expect(await findings(new Sandbox(), bus)).toMatchObject([{ message: 'the system keychain' }, {}]);
    const box = withEscrow(new Sandbox());
    await box.keys(['create', 'ci', '--to', 'exec:false']);
    expect(await findings(box)).toMatchObject([
      { status: 'ok', message: 'a file that only you can read' },
      { status: 'warn', message: '1 operation is unfinished', hint: 'keys recover' },
    ]);
  },
);

test('doctor finds files that other users can access: exit 8', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  chmodSync(join(box.home, 'data', 'authority.db'), 0o644);
  const run = await box.keys(['doctor', '--no-color'], { terminal: 120 });
  expect(run.exit).toBe(8);
  expect(run.stdout).toMatch(
    /fail {2}file +\S+authority\.db is accessible to other users \(0644\)\n +chmod 600 '\S+authority\.db'/,
  );
});

test('doctor finds an invalid database: exit 8', async () => {
  const box = new Sandbox();
  mkdirSync(join(box.home, 'data'), { recursive: true, mode: 0o700 });
  writeFileSync(
    join(box.home, 'data', 'authority.db'),
    'not a database at all, but long enough to look at'.repeat(50),
    {
      mode: 0o600,
    },
  );
  const run = await box.keys(['doctor', '--json']);
  expect(run.exit).toBe(8);
  const checks = JSON.parse(run.stdout) as { check: string; status: string }[];
  expect(checks).toContainEqual(expect.objectContaining({ check: 'authority', status: 'fail' }));
});

test('a reader that closes stdout early is no error', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  const run = await box.keys(['list'], { breakStdout: { at: 1, code: 'EPIPE' } });
  expect(run).toEqual({ exit: 0, stdout: '', stderr: '' });
});

test('a bug prints its stack and how to report it', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  const run = await box.keys(['list'], { breakStdout: { at: 1, code: 'EUNHEARDOF' } });
  expect(run.exit).toBe(1);
  expect(run.stderr).toContain('this is a bug in keys');
  expect(run.stderr).toMatch(/error: {5}at /);
});

test('--debug prints the authority in use on stderr', async () => {
  const box = new Sandbox();
  const run = await box.keys(['list', '--debug', '--json']);
  expect(run.stderr).toBe(`debug: the embedded authority, ${join(box.home, 'data', 'authority.db')}\n`);
  expect(run.stdout).toBe('[]\n');
});

test('with --json, stderr holds only the error, without any warnings', async () => {
  const box = new Sandbox();
  await seedKey(box, new Date());
  mkdirSync(join(box.cwd, 'folder'));
  const run = await box.keys(['create', 'ci', '--expires', '90d', '--to', 'file:folder', '--json']);
  expect(run.exit).toBe(1);
  expect(JSON.parse(run.stderr).error.code).toBe('not_a_plain_file');
});

test('Ctrl-C before the command has started prints nothing: exit 130', async () => {
  const run = await new Sandbox().keys(['status', '--json'], { interrupt: AbortSignal.abort() });
  expect(run).toMatchObject({ exit: 130, stdout: '' });
});
