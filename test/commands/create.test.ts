import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FakeRunOptions } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { folders, ids, operations, prefixes, secrets, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const earlier = new Date('2026-11-10T12:00:00Z');
const filters = [secrets, ids, prefixes, operations, folders];
const secretLine = /^sk_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/m;

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[], options: FakeRunOptions = {}): Promise<string> {
  return new Transcript(box, filters).keys(args, { now, ...options });
}

/** The names of all keys that exist, revoked ones among them. */
async function names(box: Sandbox): Promise<string[]> {
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name']);
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

test('delivers the secret of a new key into a dotenv file, and prints the record without it', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const args = ['create', 'ci', '--expires', '90d', '--to', 'env:.env#API_KEY', '--json'];
  expect(await shows(box, args)).toMatchInlineSnapshot(`
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
  expect(await shows(box, ['create', 'ci', '--expires', '90d'])).toMatchInlineSnapshot(`
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

test('other formats off a terminal carry the secret too', async () => {
  const create = (format: string) =>
    shows(new Sandbox(), ['create', 'ci', '--format', format], { secretOnStdout: true });
  expect(await create('ndjson')).toMatchInlineSnapshot(`
    "$ keys create ci --format ndjson
    exit 0
    --- stdout
    {"id":"[id 1]","name":"ci","description":null,"status":"active","prefix":"[prefix]","createdAt":"2026-11-20T12:00:00.000Z","expiresAt":null,"lastUsedAt":null,"lastUsedIp":null,"permissions":["read"],"rateLimitRpm":null,"budgetUsd":null,"spentUsd":0,"models":[],"labels":{},"usage":{"requests":0,"tokens":0},"superseded":false,"provider":"local","profile":"local","delivered":[{"sink":"stdout","verified":false}],"changed":true,"secret":"[secret 1]"}
    "
  `);
  expect(await create('yaml')).toMatchInlineSnapshot(`
    "$ keys create ci --format yaml
    exit 0
    --- stdout
    id: "[id 1]"
    name: "ci"
    description: null
    status: "active"
    prefix: "[prefix]"
    createdAt: "2026-11-20T12:00:00.000Z"
    expiresAt: null
    lastUsedAt: null
    lastUsedIp: null
    permissions:
      - "read"
    rateLimitRpm: null
    budgetUsd: null
    spentUsd: 0
    models: []
    labels: {}
    usage:
      requests: 0
      tokens: 0
    superseded: false
    provider: "local"
    profile: "local"
    delivered:
      - sink: "stdout"
        verified: false
    changed: true
    secret: "[secret 1]"
    "
  `);
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
  const args = ['create', 'ci', '--format', 'csv', '--to', 'stdout'];
  expect(await shows(box, args, { secretOnStdout: true })).toMatchInlineSnapshot(`
    "$ keys create ci --format csv --to stdout
    exit 0
    --- stdout
    id,name,description,status,prefix,createdAt,expiresAt,lastUsedAt,lastUsedIp,permissions,rateLimitRpm,budgetUsd,spentUsd,models,labels,usage,superseded,provider,profile,secret
    [id 1],ci,,active,[prefix],2026-11-20T12:00:00.000Z,,,,read,,,0,,,"requests=0,tokens=0",false,local,local,[secret 1]
    "
  `);
});

test('a selection of fields that would lose the secret is refused', async () => {
  const box = new Sandbox();
  expect(await shows(box, ['create', 'ci', '--json', 'id,name'])).toMatchInlineSnapshot(`
    "$ keys create ci --json id,name
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"the selected fields leave out the secret, which could never be shown again; no key was created","hint":"--json id,name,secret\\nor choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)"}}
    "
  `);
  expect(await names(box)).toEqual([]);

  expect(
    await shows(box, ['create', 'ci', '--json', 'secret,id'], { secretOnStdout: true }),
  ).toMatchInlineSnapshot(`
    "$ keys create ci --json secret,id
    exit 0
    --- stdout
    {
      "secret": "[secret 1]",
      "id": "[id 1]"
    }
    "
  `);
});

test('--secret-only prints the bare value and a newline', async () => {
  const box = new Sandbox();
  const args = ['create', 'ci', '--secret-only', '--quiet'];
  expect(await shows(box, args, { secretOnStdout: true })).toMatchInlineSnapshot(`
    "$ keys create ci --secret-only --quiet
    exit 0
    --- stdout
    [secret 1]
    "
  `);
});

test('--secret-only with a format, or with --if-missing, is refused', async () => {
  const box = new Sandbox();
  expect(await shows(box, ['create', 'ci', '--secret-only', '--json'])).toMatchInlineSnapshot(`
    "$ keys create ci --secret-only --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--secret-only prints no record: drop --format json"}}
    "
  `);
  expect(await shows(box, ['create', 'ci', '--secret-only', '--if-missing'])).toMatchInlineSnapshot(`
    "$ keys create ci --secret-only --if-missing
    exit 2
    --- stderr
    error: --if-missing cannot print the secret of a key that exists: pass --json, or --to a file
    hint: keys help create
    "
  `);
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
  expect(await shows(box, ['create', 'ci', '--to', 'file:missing/folder/a.key'])).toMatchInlineSnapshot(`
    "$ keys create ci --to file:missing/folder/a.key
    exit 1
    --- stderr
    error: the folder [folder 1]/missing/folder does not exist
    hint: mkdir -p -m 700 '[folder 1]/missing/folder'
    "
  `);
  expect(await names(box)).toEqual([]);
});

test('where stdout breaks after the key was made, the key is revoked again', async () => {
  const box = new Sandbox();
  const breakStdout = { at: 1, code: 'EPIPE' };
  expect(await shows(box, ['create', 'ci', '--secret-only'], { breakStdout })).toMatchInlineSnapshot(`
    "$ keys create ci --secret-only
    exit 1
    --- stderr
    error: the secret was not delivered to stdout: broken; the new key [id 1] was revoked
    hint: set up an escrow to keep it next time: keys doctor
    "
  `);
  const { stdout } = await box.keys(['list', '--status', 'all', '--json', 'name,status']);
  expect(JSON.parse(stdout)).toEqual([{ name: 'ci', status: 'revoked' }]);
});

test('where a sink holds the secret and stdout breaks, the key is kept and the error names the sink', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  const args = ['create', 'ci', '--to', 'file:a.key', '--to', 'stdout'];
  expect(await shows(box, args, { breakStdout: { at: 1, code: 'EPIPE' } })).toMatchInlineSnapshot(`
    "$ keys create ci --to file:a.key --to stdout
    exit 5
    --- stderr
    error: the secret of ci ([id 1]) is in file:a.key but was not delivered to stdout: broken
    hint: keys recover [operation 1]
    hint: the key works; copy its secret from file:a.key or revoke it
    hint: keys revoke [id 1] --yes
    --- files
    a.key (600): [secret 1]
    "
  `);
});

test('on a terminal the secret is shown once, alone on its line, with a reminder', async () => {
  const box = new Sandbox();
  const args = ['create', 'ci', '--expires', '90d', '--no-color'];
  const run = await box.keys(args, { terminal: 100, now, secretOnStdout: true });
  expect(run.stdout.match(new RegExp(secretLine, 'gm'))).toHaveLength(1);
  expect(new Transcript(box, filters).of(args, run)).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d --no-color
    exit 0
    --- stdout
    Name         ci
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    Created      just now (2026-11-20T12:00:00Z)
    Expires      in 90 days (2027-02-18T12:00:00Z)
    Last used    never
    Permissions  read
    Rate limit   none
    Budget       none, $0.00 spent
    Models       all
    Usage        0 requests, 0 tokens
    Profile      local (local)

    ── secret, shown only once ─────────────────────────────────────────────

    [secret 1]

    ────────────────────────────────────────────────────────────────────────
    --- stderr
    the secret is not shown again: store it now, then clear the scrollback (clear; in tmux: tmux
      clear-history)
    "
  `);
});

test('on the terminal of a coding agent it is not shown unless that is asked for', async () => {
  const box = new Sandbox();
  const agent = { env: { CLAUDECODE: '1' }, terminal: 100 };
  expect(await shows(box, ['create', 'ci'], agent)).toMatchInlineSnapshot(`
    "$ keys create ci
    exit 2
    --- stderr
    error: a coding agent reads this terminal (CLAUDECODE is set), and no destination for the secret was
           given; no key was created
    hint: choose a sink: --to file:PATH or --to env:PATH#NAME (keys help sinks)
    "
  `);
  expect((await box.keys(['create', 'ci', '--to', 'file:a.key'], agent)).exit).toBe(0);
  box.expectSecretIn('a.key');
  expect(
    await shows(box, ['create', 'ci', '--secret-only'], { ...agent, secretOnStdout: true }),
  ).toMatchInlineSnapshot(`
    "$ keys create ci --secret-only
    exit 0
    --- stdout
    [secret 1]
    --- stderr
    warning: a key named ci already works ([id 1]): the new one supersedes it, and it stays
             active
    --- files
    a.key (600): [secret 2]
    "
  `);
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
  const limits = ['--expires', '2027-01-31', '--rate-limit', '600', '--budget', '9.5'];
  const rights = ['--permission', 'read,webhook', '--models', 'gpt-4o, mistral-large'];
  const labels = ['--description', 'Main API', '--label', 'team=shop', '--label', 'tier=1'];
  const args = ['create', 'shop', ...limits, ...rights, ...labels, '--to', 'file:a.key', '--json'];
  expect(await shows(box, args)).toMatchInlineSnapshot(`
    "$ keys create shop --expires 2027-01-31 --rate-limit 600 --budget 9.5 --permission read,webhook --models 'gpt-4o, mistral-large' --description 'Main API' --label team=shop --label tier=1 --to file:a.key --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "shop",
      "description": "Main API",
      "status": "active",
      "prefix": "[prefix]",
      "createdAt": "2026-11-20T12:00:00.000Z",
      "expiresAt": "2027-01-31T23:59:59.000Z",
      "lastUsedAt": null,
      "lastUsedIp": null,
      "permissions": [
        "read",
        "webhook"
      ],
      "rateLimitRpm": 600,
      "budgetUsd": 9.5,
      "spentUsd": 0,
      "models": [
        "gpt-4o",
        "mistral-large"
      ],
      "labels": {
        "team": "shop",
        "tier": "1"
      },
      "usage": {
        "requests": 0,
        "tokens": 0
      },
      "superseded": false,
      "provider": "local",
      "profile": "local",
      "delivered": [
        {
          "sink": "file:a.key",
          "verified": true
        }
      ],
      "changed": true
    }
    --- stderr
    expires 2027-01-31T23:59:59Z (in 72 days)
    delivered to file:a.key and read back
    --- files
    a.key (600): [secret 1]
    "
  `);
});

test('without a name and off a terminal it takes login and host, and says so', async () => {
  const box = new Sandbox();
  box.expectSecretIn('a.key');
  expect(await shows(box, ['create', '--to', 'file:a.key', '--json', 'name'])).toMatchInlineSnapshot(`
    "$ keys create --to file:a.key --json name
    exit 0
    --- stdout
    {
      "name": "ada-workshop"
    }
    --- stderr
    no name given: the key is named ada-workshop
    delivered to file:a.key and read back
    --- files
    a.key (600): [secret 1]
    "
  `);
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
  const first = JSON.parse(
    (await box.keys(['create', 'ci', '--to', 'file:a.key', '--json'], { now: earlier })).stdout,
  );
  const story = new Transcript(box, filters);
  expect(story.filtered(first.id)).toBe('[id 1]');
  const args = ['create', 'ci', '--to', 'file:a.key', '--json'];
  const run = await box.keys(args, { now });
  expect(story.of(args, run)).toMatchInlineSnapshot(`
    "$ keys create ci --to file:a.key --json
    exit 0
    --- stdout
    {
      "id": "[id 2]",
      "name": "ci",
      "description": null,
      "status": "active",
      "prefix": "[prefix]",
      "createdAt": "2026-11-20T12:00:00.000Z",
      "expiresAt": null,
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
          "sink": "file:a.key",
          "verified": true
        }
      ],
      "changed": true
    }
    --- stderr
    warning: a key named ci already works ([id 1]): the new one supersedes it, and it stays active
    delivered to file:a.key and read back
    --- files
    a.key (600): [secret 1]
    "
  `);
  const { stdout } = await box.keys(['list', '--json', 'id,superseded']);
  expect(JSON.parse(stdout)).toEqual([
    { id: JSON.parse(run.stdout).id, superseded: false },
    { id: first.id, superseded: true },
  ]);
});

test('keys of one name are named up to three', async () => {
  const box = new Sandbox();
  const warnings: string[] = [];
  for (let count = 0; count < 6; count++)
    warnings.push((await box.keys(['create', 'ci', '--to', 'exec:cat'])).stderr);
  const shown = (stderr = '') => stderr.split('\n').find((line) => line.startsWith('warning: '));
  expect(shown(warnings[0])).toBeUndefined();
  expect(shown(warnings[2])).toMatch(
    /^warning: 2 keys named ci already work \(\w+, \w+\): the new one supersedes them, and they stay active$/,
  );
  expect(shown(warnings[5])).toMatch(
    /^warning: 5 keys named ci already work \((\w+, ){2}\w+ and 2 more\): the new one supersedes them, and they/,
  );
});

test('--dry-run shows the key, makes nothing, and tells where the real run would be refused', async () => {
  const box = new Sandbox();
  const args = ['create', 'ci', '--expires', '10d', '--dry-run'];
  expect(await shows(box, args)).toMatchInlineSnapshot(`
    "$ keys create ci --expires 10d --dry-run
    exit 0
    --- stdout
    	ci		expiring			2026-11-30T12:00:00.000Z			read								local	local
    --- stderr
    warning: without --dry-run this is refused: stdout is not a terminal, and no destination for the secret was given; no key was created
    dry run: nothing was created
    "
  `);
  expect(existsSync(box.home)).toBe(false);

  expect(await shows(box, [...args, '--json'])).toMatchInlineSnapshot(`
    "$ keys create ci --expires 10d --dry-run --json
    exit 0
    --- stdout
    {
      "name": "ci",
      "description": null,
      "expiresAt": "2026-11-30T12:00:00.000Z",
      "permissions": [
        "read"
      ],
      "rateLimitRpm": null,
      "budgetUsd": null,
      "models": [],
      "labels": {},
      "status": "expiring",
      "provider": "local",
      "profile": "local",
      "delivered": [],
      "changed": false,
      "dryRun": true
    }
    --- stderr
    dry run: nothing was created
    "
  `);
  expect(readdirSync(box.cwd)).toEqual([]);
});

test('all faults are named at once, and nothing is created', async () => {
  const box = new Sandbox();
  const faults = ['--expires', '0', '--budget', '-1', '--frob', '--to', 'nowhere'];
  expect(await shows(box, ['create', 'a', 'b', ...faults])).toMatchInlineSnapshot(`
    "$ keys create a b --expires 0 --budget -1 --frob --to nowhere
    exit 2
    --- stderr
    error: unknown flag --frob
    error: --expires: '0' would expire at once: use a time like 36h, 90d, 12w, 6mo, 1y, 2027-01-31, 2027-01-31T18:00:00Z or never
    error: --budget: '-1' is neither an amount of US dollars above 0, such as 25 or 9.50, nor 'none'
    error: --to: 'nowhere' is not a sink; expected stdout, file:PATH, env:PATH#NAME, keychain:NAME, login:PROFILE, clipboard, exec:COMMAND…, github:OWNER/REPO#NAME, gitlab:PROJECT#NAME, vault:MOUNT/PATH#FIELD, kubernetes:NAMESPACE/SECRET#KEY, aws-secretsmanager:NAME
    error: unexpected argument 'b'
    hint: keys help create
    "
  `);
  expect(existsSync(box.home)).toBe(false);
});

test('a value that a flag cannot have is refused', async () => {
  const box = new Sandbox();
  const create = (...flags: string[]) => shows(box, ['create', 'ci', ...flags, '--json']);
  expect(await create('--expires', '5m')).toMatchInlineSnapshot(`
    "$ keys create ci --expires 5m --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--expires: '5m' is ambiguous: use 5min for minutes or 5mo for months","hint":"keys help create"}}
    "
  `);
  expect(await create('--expires', '2020-01-01')).toMatchInlineSnapshot(`
    "$ keys create ci --expires 2020-01-01 --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--expires: '2020-01-01' is not in the future: use a time like 36h, 90d, 12w, 6mo, 1y, 2027-01-31, 2027-01-31T18:00:00Z or never","hint":"keys help create"}}
    "
  `);
  expect(await create('--permission', 'root')).toMatchInlineSnapshot(`
    "$ keys create ci --permission root --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--permission: unknown 'root'; this provider has read, write, admin, webhook"}}
    "
  `);
  expect(await create('--rate-limit', '0')).toMatchInlineSnapshot(`
    "$ keys create ci --rate-limit 0 --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--rate-limit: '0' is not a whole number of at least 1","hint":"keys help create"}}
    "
  `);
  expect(await create('--label', 'team')).toMatchInlineSnapshot(`
    "$ keys create ci --label team --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--label: 'team' is not a label; expected NAME=VALUE","hint":"keys help create"}}
    "
  `);
  expect(await create('--to', 'env:.env')).toMatchInlineSnapshot(`
    "$ keys create ci --to env:.env --json
    exit 2
    --- stderr
    {"error":{"code":"usage","message":"--to: 'env:.env' is invalid; expected env:PATH#NAME","hint":"keys help create"}}
    "
  `);
  expect(existsSync(box.home)).toBe(false);
});

test('a secret as an argument is refused and not repeated', async () => {
  const box = new Sandbox();
  const { secret } = JSON.parse(
    (await box.keys(['create', 'ci', '--json'], { secretOnStdout: true })).stdout,
  );
  const commands = [
    ['show', secret],
    ['revoke', secret, '--yes'],
    ['create', secret],
    [secret],
    ['list', `--search=${secret}`],
  ];
  const story = new Transcript(box, filters);
  const runs: string[] = [];
  for (const args of commands) {
    const run = await box.keys(args);
    runs.push(story.of(args, run));
    expect(run.stderr).not.toContain(secret.slice(-6));
  }
  expect(runs.join('\n')).toMatchInlineSnapshot(`
    "$ keys show [secret 1]
    exit 2
    --- stderr
    error: argument 2 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
    hint: keys help show

    $ keys revoke [secret 1] --yes
    exit 2
    --- stderr
    error: argument 2 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
    hint: keys help revoke

    $ keys create [secret 1]
    exit 2
    --- stderr
    error: argument 2 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
    hint: keys help create

    $ keys [secret 1]
    exit 2
    --- stderr
    error: argument 1 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
    error: unknown command '****'
    hint: keys help

    $ keys list --search=[secret 1]
    exit 2
    --- stderr
    error: argument 2 looks like a secret, and secrets are not accepted on the command line; name a key by its id or name
    hint: keys help list
    "
  `);
});
