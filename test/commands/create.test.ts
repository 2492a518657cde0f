import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { ids, prefixes, secrets, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const secretLine = /^sk_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/m;

/** The names of all keys that exist, revoked ones among them. */
async function names(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name']);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

test('delivers the secret of a new key into a dotenv file, and prints the record without it', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const args = ['create', 'ci', '--expires', '90d', '--to', 'env:.env#API_KEY', '--json'];
  expect(await new Transcript(box, [secrets, ids, prefixes]).keys(args, { now })).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d --to env:.env#API_KEY --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "ci",
      "description": null,
      "status": "active",
      "prefix": "[prefix]",
      "createdAt": "2026-11-20T12:00:00.000Z",
      "expiresAt": "2027-02-18T12:00:00.000Z",
      "lastUsedAt": null,
      "lastUsedIp": null,
      "permissions": [
        "read"
      ],
      "rateLimitRpm": null,
      "budgetUsd": null,
      "spentUsd": 0,
      "models": [],
      "labels": {},
      "usage": {
        "requests": 0,
        "tokens": 0
      },
      "superseded": false,
      "provider": "local",
      "profile": "local",
      "delivered": [
        {
          "sink": "env:.env#API_KEY",
          "verified": true
        }
      ],
      "changed": true
    }
    --- stderr
    expires 2027-02-18T12:00:00Z (in 90 days)
    delivered to env:.env#API_KEY and read back
    --- files
    .env (600): API_KEY=[secret 1]
    "
  `);
});

test('off a terminal, with nothing said about the secret, refuses before anything exists', async () => {
  const box = new Sandbox();
  const transcript = new Transcript(box, []).keys(['create', 'ci', '--expires', '90d']);
  expect(await transcript).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d
    exit 2
    --- stderr
    error: stdout is not a terminal, and no destination for the secret was given; no key was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    hint: or print it: --json for the record with its secret, --secret-only for the secret alone
    "
  `);
  expect(existsSync(box.home)).toBe(false);
});

test('--json off a terminal carries the secret in the record', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--json'], { secretOnStdout: true });
  const record = JSON.parse(run.stdout);
  expect(record.secret).toMatch(secretLine);
  expect(record.prefix).toBe(record.secret.slice(0, record.prefix.length));
  expect(record.delivered).toEqual([{ sink: 'stdout', verified: false }]);
});

test.each(['ndjson', 'yaml'])('--format %s off a terminal carries the secret too', async (format) => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--format', format], { secretOnStdout: true });
  expect(run.exit).toBe(0);
  expect(run.stdout).toMatch(/"?secret"?: ?"sk_\w+"/);
});

test.each(['csv', 'tsv', 'table'])(
  '--format %s off a terminal is no consent to print a secret',
  async (format) => {
    const box = new Sandbox();
    expect((await box.keys(['create', 'ci', '--format', format])).exit).toBe(2);
    expect(await names(box)).toEqual([]);
  },
);

test('--to stdout with csv has a column for the secret', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--format', 'csv', '--to', 'stdout'], { secretOnStdout: true });
  const [header, row] = run.stdout.split('\n');
  expect(header?.split(',').at(-1)).toBe('secret');
  expect(row?.split(',').at(-1)).toMatch(secretLine);
});

test('a selection of fields that would lose the secret is refused', async () => {
  const box = new Sandbox();
  const refused = await box.keys(['create', 'ci', '--json', 'id,name']);
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('--json id,name,secret');
  expect(await names(box)).toEqual([]);

  const run = await box.keys(['create', 'ci', '--json', 'secret,id'], { secretOnStdout: true });
  expect(Object.keys(JSON.parse(run.stdout))).toEqual(['secret', 'id']);
});

test('--secret-only prints the bare value and a newline', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--secret-only', '--quiet'], { secretOnStdout: true });
  expect(run.stdout).toMatch(/^sk_\w+\n$/);
  expect(run.stderr).toBe('');
});

test('--secret-only with a format, or with --if-missing, is refused', async () => {
  const box = new Sandbox();
  expect((await box.keys(['create', 'ci', '--secret-only', '--json'])).exit).toBe(2);
  expect((await box.keys(['create', 'ci', '--secret-only', '--if-missing'])).exit).toBe(2);
  expect(await names(box)).toEqual([]);
});

test('several sinks get the secret in order, stdout last', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  box.expectSecretIn('b.env');
  const sinks = ['--to', 'stdout', '--to', 'file:a.key', '--to', 'env:b.env#B'];
  const run = await box.keys(['create', 'ci', '--json', ...sinks], { secretOnStdout: true });
  const record = JSON.parse(run.stdout);
  expect(record.delivered).toEqual([
    { sink: 'file:a.key', verified: true },
    { sink: 'env:b.env#B', verified: true },
    { sink: 'stdout', verified: false },
  ]);
  expect(box.read('a.key')).toBe(record.secret);
  expect(box.read('b.env')).toBe(`B=${record.secret}\n`);
});

test('a sink that cannot work is found before the key is created', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--to', 'file:missing/folder/a.key']);
  expect(run.exit).toBe(1);
  expect(run.stderr).toContain('does not exist');
  expect(await names(box)).toEqual([]);
});

test('where stdout breaks after the key was made, the key is revoked again', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--secret-only'], { breakStdout: { at: 1, code: 'EPIPE' } });
  expect(run.exit).toBe(1);
  expect(run.stderr).toContain('was revoked');
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name,status']);
  expect(JSON.parse(stdout)).toEqual([{ name: 'ci', status: 'revoked' }]);
});

test('where a sink holds the secret and stdout breaks, the key is kept and the error names the sink', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const args = ['create', 'ci', '--to', 'file:a.key', '--to', 'stdout'];
  const run = await box.keys(args, { breakStdout: { at: 1, code: 'EPIPE' } });
  expect(run.exit).toBe(5);
  expect(run.stderr).toContain('is in file:a.key but was not delivered to stdout');
});

test('on a terminal the secret is shown once, alone on its line, with a reminder', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--expires', '90d', '--no-color'], {
    terminal: 100,
    now,
    secretOnStdout: true,
  });
  expect(run.stdout.match(new RegExp(secretLine, 'gm'))).toHaveLength(1);
  expect(run.stdout).toMatch(/\n── secret, shown only once ─+\n\nsk_\w+\n\n─+\n$/);
  expect(run.stdout).toContain('Expires      in 90 days (2027-02-18T12:00:00Z)');
  expect(run.stderr).toContain('the secret is not shown again: store it now');
});

test('on the terminal of a coding agent it is not shown unless that is asked for', async () => {
  const box = new Sandbox();
  const agent = { env: { CLAUDECODE: '1' }, terminal: 100 };
  const refused = await box.keys(['create', 'ci'], agent);
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('a coding agent reads this terminal (CLAUDECODE is set)');
  expect(refused.stderr).toContain('no key was created');
  expect((await box.keys(['create', 'ci', '--to', 'file:a.key'], agent)).exit).toBe(0);
  box.expectSecretIn('a.key');
  const asked = await box.keys(['create', 'ci', '--secret-only'], { ...agent, secretOnStdout: true });
  expect(asked.stdout).toMatch(/^sk_\w+\n$/);
});

test('in GitHub Actions the secret is registered for masking before it goes anywhere', async () => {
  const box = new Sandbox();
  const run = await box.program(['create', 'ci', '--secret-only', '-q'], {
    env: { GITHUB_ACTIONS: 'true' },
    secretOnStdout: true,
    secretOnStderr: true,
  });
  expect(run.stderr).toBe(`::add-mask::${run.stdout}`);
});

test('every flag ends up in the key', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const run = await box.keys([
    ...[
      'create',
      'shop',
      '--description',
      'Main API',
      '--expires',
      '2027-01-31',
      '--permission',
      'read,webhook',
    ],
    ...[
      '--rate-limit',
      '600',
      '--budget',
      '9.5',
      '--models',
      'gpt-4o, mistral-large',
      '--label',
      'team=shop',
    ],
    ...['--label', 'tier=1', '--to', 'file:a.key', '--json'],
  ]);
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toMatchObject({
    name: 'shop',
    description: 'Main API',
    expiresAt: '2027-01-31T23:59:59.000Z',
    permissions: ['read', 'webhook'],
    rateLimitRpm: 600,
    budgetUsd: 9.5,
    spentUsd: 0,
    models: ['gpt-4o', 'mistral-large'],
    labels: { team: 'shop', tier: '1' },
    provider: 'local',
    profile: 'local',
    superseded: false,
  });
});

test('without a name and off a terminal it takes login and host, and says so', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const run = await box.keys(['create', '--to', 'file:a.key', '--json', 'name']);
  expect(JSON.parse(run.stdout)).toEqual({ name: 'ada-workshop' });
  expect(run.stderr).toContain('no name given: the key is named ada-workshop');
});

test('--if-missing creates once, and then finds', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const args = ['create', 'ci', '--if-missing', '--to', 'file:a.key', '--json'];
  const first = JSON.parse((await box.keys(args)).stdout);
  const held = box.read('a.key');
  const second = JSON.parse((await box.keys(args)).stdout);
  expect([first.changed, second.changed]).toEqual([true, false]);
  expect(second).toMatchObject({ id: first.id, delivered: [] });
  expect(box.read('a.key')).toBe(held);
  expect(await names(box)).toEqual(['ci']);
});

test('--if-missing takes a revoked or an expired key for missing', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const args = ['create', 'ci', '--if-missing', '--expires', '1h', '--to', 'file:a.key', '--json'];
  await box.keys(args, { now });
  const later = await box.keys(args, { now: new Date(now.getTime() + 2 * 3_600_000) });
  expect(JSON.parse(later.stdout).changed).toBe(true);
});

test('a second key of a name supersedes the first, and says that both are live', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const first = JSON.parse((await box.keys(['create', 'ci', '--to', 'file:a.key', '--json'])).stdout);
  const run = await box.keys(['create', 'ci', '--to', 'file:a.key', '--json']);
  expect(run.stderr).toContain(`a key named ci already works (${first.id})`);
  const { stdout } = await box.keys(['list', '--json', 'id,superseded']);
  expect(JSON.parse(stdout)).toEqual([
    { id: JSON.parse(run.stdout).id, superseded: false },
    { id: first.id, superseded: true },
  ]);
});

test('--dry-run shows the key, makes nothing, and tells where the real run would be refused', async () => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', '--expires', '10d', '--dry-run'], { now });
  expect(run.exit).toBe(0);
  expect(run.stderr).toContain('warning: without --dry-run this is refused');
  expect(run.stderr).toContain('dry run: nothing was created');
  expect(existsSync(box.home)).toBe(false);

  const json = await box.keys(['create', 'ci', '--expires', '10d', '--dry-run', '--json'], { now });
  expect(JSON.parse(json.stdout)).toMatchObject({
    name: 'ci',
    status: 'expiring',
    changed: false,
    dryRun: true,
  });
  expect(readdirSync(box.cwd)).toEqual([]);
});

test('all faults are named at once, and nothing is created', async () => {
  const box = new Sandbox();
  const run = await box.keys([
    'create',
    'a',
    'b',
    '--expires',
    '0',
    '--budget',
    '-1',
    '--frob',
    '--to',
    'nowhere',
  ]);
  expect(run.exit).toBe(2);
  for (const fault of ['--expires', '--budget', '--frob', '--to', "'b'"]) expect(run.stderr).toContain(fault);
  expect(existsSync(box.home)).toBe(false);
});

test.each([
  ['--expires', '5m', 'ambiguous'],
  ['--expires', '2020-01-01', 'not in the future'],
  ['--permission', 'root', 'this provider has read, write, admin, webhook'],
  ['--rate-limit', '0', 'whole number'],
  ['--label', 'team', 'NAME=VALUE'],
  ['--to', 'env:.env', 'env:PATH#NAME'],
])('%s %s is refused', async (flag, text, reason) => {
  const box = new Sandbox();
  const run = await box.keys(['create', 'ci', flag, text, '--json']);
  expect(run.exit).toBe(2);
  expect(JSON.parse(run.stderr).error).toMatchObject({
    code: 'usage',
    message: expect.stringContaining(reason),
  });
  expect(existsSync(box.home)).toBe(false);
});

test('a secret as an argument is refused and not repeated', async () => {
  const box = new Sandbox();
  const { secret } = JSON.parse(
    (await box.keys(['create', 'ci', '--json'], { secretOnStdout: true })).stdout,
  );
  for (const args of [
    ['show', secret],
    ['revoke', secret, '--yes'],
    ['create', secret],
    [secret],
    ['list', `--search=${secret}`],
  ]) {
    const run = await box.keys(args);
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('looks like a secret');
    expect(run.stderr).not.toContain(secret.slice(-6));
  }
});
