import { expect, test } from 'vitest';
import type { FakeRunOptions } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { ids, prefixes, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');
const before = new Date('2026-11-01T12:00:00Z');

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[], options: FakeRunOptions = {}): Promise<string> {
  return new Transcript(box, [prefixes, ids]).keys(args, { now, ...options });
}

test('shows a key by id, by name and by the start of its id', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, now);
  for (const reference of [id, 'ci', id.slice(0, 4)]) {
    const run = await box.keys(['show', reference, '--json', 'id']);
    expect(JSON.parse(run.stdout)).toEqual({ id });
  }
});

test('the word after --json is a key unless it is a list of fields', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  expect(await shows(box, ['show', '--json', 'ci'])).toMatchInlineSnapshot(`
    "$ keys show --json ci
    exit 0
    --- stdout
    {
      "id": "[id 1]",
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
      "profile": "local"
    }
    "
  `);
});

test('a key that does not exist: exit 3, with the command that lists keys', async () => {
  const box = new Sandbox();
  expect(await shows(box, ['show', 'nosuch', '--json'])).toMatchInlineSnapshot(`
    "$ keys show nosuch --json
    exit 3
    --- stderr
    {"error":{"code":"no_such_key","message":"no key has the id or the name 'nosuch'","hint":"keys list --status all"}}
    "
  `);
});

test('the detail view has a bar for the budget', async () => {
  const box = new Sandbox();
  const id = await seedKey(box, before, { budgetUsd: 10 });
  await seedUse(box, now, id, { costUsd: 8.5, tokens: 1200, ip: '203.0.113.9' });
  expect(await shows(box, ['show', 'ci', '--no-color'], { terminal: 100 })).toMatchInlineSnapshot(`
    "$ keys show ci --no-color
    exit 0
    --- stdout
    Name         ci
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    Created      19 days ago (2026-11-01T12:00:00Z)
    Expires      never
    Last used    just now (2026-11-20T12:00:00Z) from 203.0.113.9
    Permissions  read
    Rate limit   none
    Budget       $8.50 of $10.00  #################... 85%
    Models       all
    Usage        1 request, 1,200 tokens
    Recent use   _____________________________@  0 to 1 request a day, 1 in 30 days
    Profile      local (local)
    "
  `);
});

test('update changes only the given fields', async () => {
  const box = new Sandbox();
  await seedKey(box, before, { description: 'old', budgetUsd: 5, labels: { team: 'shop', tier: '1' } });
  const flags = ['--name', 'shop', '--budget', 'none', '--label', 'tier=', '--label', 'env=prod'];
  expect(await shows(box, ['update', 'ci', ...flags, '--json'])).toMatchInlineSnapshot(`
    "$ keys update ci --name shop --budget none --label tier= --label env=prod --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
      "name": "shop",
      "description": "old",
      "status": "active",
      "prefix": "[prefix]",
      "createdAt": "2026-11-01T12:00:00.000Z",
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
      "labels": {
        "team": "shop",
        "env": "prod"
      },
      "usage": {
        "requests": 0,
        "tokens": 0
      },
      "superseded": false,
      "provider": "local",
      "profile": "local",
      "changed": true
    }
    "
  `);
});

test('update can remove every limit', async () => {
  const box = new Sandbox();
  await seedKey(box, now, {
    description: 'x',
    expiresAt: new Date('2027-01-01T00:00:00Z'),
    models: ['a'],
    rateLimitRpm: 5,
  });
  const flags = ['--description', '', '--expires', 'never', '--models', 'all', '--rate-limit', 'none'];
  expect(await shows(box, ['update', 'ci', ...flags, '--json'])).toMatchInlineSnapshot(`
    "$ keys update ci --description '' --expires never --models all --rate-limit none --json
    exit 0
    --- stdout
    {
      "id": "[id 1]",
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
      "changed": true
    }
    "
  `);
});

test('update prints the absolute time of a new expiry', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  expect(
    await shows(box, ['update', 'ci', '--expires', '12w', '--json', 'expiresAt']),
  ).toMatchInlineSnapshot(`
    "$ keys update ci --expires 12w --json expiresAt
    exit 0
    --- stdout
    {
      "expiresAt": "2027-02-12T12:00:00.000Z"
    }
    --- stderr
    expires 2027-02-12T12:00:00Z (in 84 days)
    "
  `);
});

test('--disable and --enable undo each other', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  const status = async (flag: string) =>
    JSON.parse((await box.keys(['update', 'ci', flag, '--json', 'status'], { now })).stdout).status;
  expect(await status('--disable')).toBe('disabled');
  expect(await status('--enable')).toBe('active');
});

test('an update without a change, or with contradicting flags, names every problem', async () => {
  const box = new Sandbox();
  expect(await shows(box, ['update'])).toMatchInlineSnapshot(`
    "$ keys update
    exit 2
    --- stderr
    error: missing argument <key>
    error: nothing to change: pass at least one flag
    hint: keys help update
    "
  `);
  expect(await shows(box, ['update', 'ci', '--disable', '--enable'])).toMatchInlineSnapshot(`
    "$ keys update ci --disable --enable
    exit 2
    --- stderr
    error: --disable and --enable cannot be combined
    hint: keys help update
    "
  `);
});

test('a revoked key cannot be changed: exit 6', async () => {
  const box = new Sandbox();
  await seedKey(box, now);
  await box.keys(['revoke', 'ci', '--yes']);
  expect(await shows(box, ['update', 'ci', '--enable'])).toMatchInlineSnapshot(`
    "$ keys update ci --enable
    exit 6
    --- stderr
    error: the key ci ([id 1]) is revoked, which is final
    hint: keys create ci
    "
  `);
});
