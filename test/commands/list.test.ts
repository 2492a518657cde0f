import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { FakeRunOptions } from '../support/sandbox.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seedKey, seedUse } from '../support/seed.ts';
import { escapes, idColumns, ids, prefixes, Transcript } from '../support/transcript.ts';

const day = 86_400_000;
const now = new Date('2026-11-20T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * day);
const inDays = (days: number) => new Date(now.getTime() + days * day);

/** Five keys of different ages and standings. */
async function seeded(): Promise<Sandbox> {
  const box = new Sandbox();
  await seedKey(box, daysAgo(100), { name: 'old', labels: { team: 'shop' } });
  await seedKey(box, daysAgo(50), { name: 'gone' });
  await seedKey(box, daysAgo(40), { name: 'late', expiresAt: daysAgo(1) });
  const soon = await seedKey(box, daysAgo(20), { name: 'soon', expiresAt: inDays(10) });
  await seedKey(box, daysAgo(1), { name: 'new', expiresAt: inDays(200), description: 'Nightly SUMMARY' });
  await seedUse(box, daysAgo(2), soon, { tokens: 4250, costUsd: 3.2 });
  await box.keys(['revoke', 'gone', '--yes'], { now });
  return box;
}

/** `keys …` in a sandbox, as a whole transcript. */
function shows(box: Sandbox, args: readonly string[], options: FakeRunOptions = {}): Promise<string> {
  return new Transcript(box, [prefixes, idColumns, ids]).keys(args, { now, ...options });
}

async function namesOf(box: Sandbox, ...flags: string[]): Promise<string[]> {
  const { stdout, stderr } = await box.keys(['list', '--json', 'name', ...flags], { now });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
}

test('on a fresh machine the list is empty, and no file is created', async () => {
  const box = new Sandbox();
  expect(await box.keys(['list', '--json'])).toEqual({ exit: 0, stdout: '[]\n', stderr: '' });
  expect(await box.keys(['list'])).toEqual({ exit: 0, stdout: '', stderr: '' });
  expect(existsSync(box.home)).toBe(false);
});

test('lists the newest keys first, without revoked ones', async () => {
  expect(await namesOf(await seeded())).toEqual(['new', 'soon', 'late', 'old']);
});

test('filters by status; active includes expiring keys', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--status', 'active')).toEqual(['new', 'soon', 'old']);
  expect(await namesOf(box, '--status', 'expiring')).toEqual(['soon']);
  expect(await namesOf(box, '--status', 'expired')).toEqual(['late']);
  expect(await namesOf(box, '--status', 'revoked')).toEqual(['gone']);
  expect(await namesOf(box, '--status', 'all')).toHaveLength(5);
});

test('filters by text, expiry, age and use', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--search', 'summary')).toEqual(['new']);
  expect(await namesOf(box, '--search', 'team=shop')).toEqual(['old']);
  expect(await namesOf(box, '--expiring', '14d')).toEqual(['soon']);
  expect(await namesOf(box, '--older-than', '30d')).toEqual(['late', 'old']);
  expect(await namesOf(box, '--unused', '10d')).toEqual(['late', 'old']);
});

test('sorts by any field, reverses and limits', async () => {
  const box = await seeded();
  expect(await namesOf(box, '--sort', 'name')).toEqual(['late', 'new', 'old', 'soon']);
  expect(await namesOf(box, '--sort', 'expiresAt')).toEqual(['late', 'soon', 'new', 'old']);
  expect(await namesOf(box, '--sort', 'tokens', '--reverse', '--limit', '1')).toEqual(['soon']);
});

test('--json with fields selects and orders them', async () => {
  const box = await seeded();
  const fields = 'id,name,status,expiresAt';
  expect(await shows(box, ['list', '--json', fields, '--limit', '1'])).toMatchInlineSnapshot(`
    "$ keys list --json id,name,status,expiresAt --limit 1
    exit 0
    --- stdout
    [
      {
        "id": "[id 1]",
        "name": "new",
        "status": "active",
        "expiresAt": "2027-06-08T12:00:00.000Z"
      }
    ]
    "
  `);
});

test('off a terminal, prints a line per key with the name in column 2, and no header', async () => {
  expect(await shows(await seeded(), ['list'])).toMatchInlineSnapshot(`
    "$ keys list
    exit 0
    --- stdout
    [id 1]	new	Nightly SUMMARY	active	[prefix]	2026-11-19T12:00:00.000Z	2027-06-08T12:00:00.000Z			read			0			requests=0,tokens=0	false	local	local
    [id 2]	soon		expiring	[prefix]	2026-10-31T12:00:00.000Z	2026-11-30T12:00:00.000Z	2026-11-18T12:00:00.000Z		read			3.2			requests=1,tokens=4250	false	local	local
    [id 3]	late		expired	[prefix]	2026-10-11T12:00:00.000Z	2026-11-19T12:00:00.000Z			read			0			requests=0,tokens=0	false	local	local
    [id 4]	old		active	[prefix]	2026-08-12T12:00:00.000Z				read			0		team=shop	requests=0,tokens=0	false	local	local
    "
  `);
});

test('on a terminal, prints a summary of all keys above the table', async () => {
  expect(await shows(await seeded(), ['list', '--no-color'], { terminal: 110 })).toMatchInlineSnapshot(`
    "$ keys list --no-color
    exit 0
    --- stdout
    local · 4 of 5, 1 hidden (--status all)
    3 active (1 expiring) · 1 expired · 1 revoked · 1 request · 4.3K tokens · $3.20 spent

    NAME  ID                STATUS    EXPIRES      LAST USED   LAST 30 DAYS     REQUESTS  SPENT  DESCRIPTION
    new   [id 1]            active    in 6 months  never                               0  $0.00  Nightly SUMMARY
    soon  [id 2]            expiring  in 10 days   2 days ago               @          1  $3.20
    late  [id 3]            expired   1 day ago    never                               0  $0.00
    old   [id 4]            active    never        never                               0  $0.00
    "
  `);
});

test('beside a limited list, the summary counts keys and leaves out their usage', async () => {
  const args = ['list', '--no-color', '--limit', '1'];
  expect(await shows(await seeded(), args, { terminal: 110 })).toMatchInlineSnapshot(`
    "$ keys list --no-color --limit 1
    exit 0
    --- stdout
    local · 1 of 5, 1 hidden (--status all)
    3 active (1 expiring) · 1 expired · 1 revoked

    NAME  ID                STATUS  EXPIRES      TIME LEFT   LAST USED  REQUESTS  SPENT  MODELS  DESCRIPTION
    new   [id 1]            active  in 6 months  #########.  never             0  $0.00  all     Nightly SUMMARY
    "
  `);
});

test('an expiring key is yellow and a revoked one dim, unless NO_COLOR is set', async () => {
  const box = await seeded();
  const args = ['list', '--status', 'all'];
  const story = new Transcript(box, [prefixes, idColumns, ids, escapes]);
  expect(await story.keys(args, { now, terminal: 110 })).toMatchInlineSnapshot(`
    "$ keys list --status all
    exit 0
    --- stdout
    [esc][1mlocal[esc][22m
    [esc][32m3 active[esc][39m[esc][33m (1 expiring)[esc][39m[esc][2m · [esc][22m1 expired[esc][2m · [esc][22m[esc][2m1 revoked[esc][22m[esc][2m · [esc][22m1 request[esc][2m · [esc][22m4.3K tokens[esc][2m · [esc][22m$3.20 spent

    [esc][1mNAME[esc][22m  [esc][1mID[esc][22m                [esc][1mSTATUS[esc][22m    [esc][1mEXPIRES[esc][22m      [esc][1mLAST USED[esc][22m   [esc][1mLAST 30 DAYS[esc][22m     [esc][1mREQUESTS[esc][22m  [esc][1mSPENT[esc][22m  [esc][1mDESCRIPTION[esc][22m
    new   [id 1]            [esc][32mactive[esc][39m    in 6 months  never                               0  $0.00  Nightly SUMMARY
    soon  [id 2]            [esc][33mexpiring[esc][39m  [esc][33min 10 days[esc][39m   2 days ago  [esc][36m             @ [esc][39m         1  $3.20
    late  [id 3]            [esc][31mexpired[esc][39m   1 day ago    never                               0  $0.00
    [esc][2mgone[esc][22m  [id 4]            [esc][2mrevoked[esc][22m                never                               0  $0.00
    old   [id 5]            [esc][32mactive[esc][39m    never        never                               0  $0.00
    "
  `);
  const plain = await box.keys(args, { now, terminal: 110, env: { NO_COLOR: '1' } });
  expect(plain.stdout).not.toContain('\u001b');
});

test('a narrow terminal gets a card per key', async () => {
  const box = await seeded();
  const args = ['list', '--no-color', '--search', 'soon'];
  expect(await shows(box, args, { terminal: 32 })).toMatchInlineSnapshot(`
    "$ keys list --no-color --search soon
    exit 0
    --- stdout
    local
    1 of 5, 1 hidden (--status all)
    3 active (1 expiring)
    1 expired · 1 revoked
    1 request · 4.3K tokens
    $3.20 spent

    NAME         soon
    ID           [id 1]
    STATUS       expiring
    EXPIRES      in 10 days
    TIME LEFT    ###.......
    LAST USED    2 days ago
    REQUESTS     1
    SPENT        $3.20
    MODELS       all
    "
  `);
});

test('the name of a key cannot redraw the screen; JSON keeps it', async () => {
  const box = new Sandbox();
  const name = 'a\u001b[31mb\nc\u202ed';
  await seedKey(box, now, { name });
  const runs: string[] = [];
  for (const args of [['list'], ['list', '--format', 'csv'], ['show', name]]) {
    for (const terminal of [undefined, 100]) {
      const run = await box.keys([...args, '--no-color'], { now, ...(terminal && { terminal }) });
      expect(run.stdout).not.toMatch(/[\u001b\u202e]/);
      const story = new Transcript(box, [
        { word: 'name', pattern: /a\u001b\[31mb\nc\u202ed/g },
        prefixes,
        ids,
      ]);
      runs.push(story.of([...args, '--no-color'], run));
    }
  }
  expect(runs.join('\n')).toMatchInlineSnapshot(`
    "$ keys list --no-color
    exit 0
    --- stdout
    [id 1]	a\\x1b[31mb\\nc\\u202ed		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local

    $ keys list --no-color
    exit 0
    --- stdout
    local
    1 active · 0 expired · 0 revoked · 0 requests · 0 tokens · $0.00 spent

    NAME                  ID                STATUS  EXPIRES  LAST USED  REQUESTS  SPENT  MODELS
    a\\x1b[31mb\\nc\\u202ed  [id 1]  active  never    never             0  $0.00  all

    $ keys list --format csv --no-color
    exit 0
    --- stdout
    id,name,description,status,prefix,createdAt,expiresAt,lastUsedAt,lastUsedIp,permissions,rateLimitRpm,budgetUsd,spentUsd,models,labels,usage,superseded,provider,profile
    [id 1],a\\x1b[31mb\\nc\\u202ed,,active,[prefix],2026-11-20T12:00:00.000Z,,,,read,,,0,,,"requests=0,tokens=0",false,local,local

    $ keys list --format csv --no-color
    exit 0
    --- stdout
    id,name,description,status,prefix,createdAt,expiresAt,lastUsedAt,lastUsedIp,permissions,rateLimitRpm,budgetUsd,spentUsd,models,labels,usage,superseded,provider,profile
    [id 1],a\\x1b[31mb\\nc\\u202ed,,active,[prefix],2026-11-20T12:00:00.000Z,,,,read,,,0,,,"requests=0,tokens=0",false,local,local

    $ keys show '[name]' --no-color
    exit 0
    --- stdout
    [id 1]	a\\x1b[31mb\\nc\\u202ed		active	[prefix]	2026-11-20T12:00:00.000Z				read			0			requests=0,tokens=0	false	local	local

    $ keys show '[name]' --no-color
    exit 0
    --- stdout
    Name         a\\x1b[31mb\\nc\\u202ed
    Id           [id 1]
    Status       active
    Prefix       [prefix]
    Created      just now (2026-11-20T12:00:00Z)
    Expires      never
    Last used    never
    Permissions  read
    Rate limit   none
    Budget       none, $0.00 spent
    Models       all
    Usage        0 requests, 0 tokens
    Recent use   no requests in 30 days
    Profile      local (local)
    "
  `);
  const { stdout } = await box.keys(['list', '--json', 'name'], { now });
  expect(stdout).not.toMatch(/[\u001b\u202e]/);
  expect(JSON.parse(stdout)).toEqual([{ name }]);
});

test('refuses an unknown status or sort field, and lists the valid ones', async () => {
  const box = new Sandbox();
  expect(await shows(box, ['list', '--status', 'alive', '--sort', 'age'])).toMatchInlineSnapshot(`
    "$ keys list --status alive --sort age
    exit 2
    --- stderr
    error: --status: 'alive' is not one of active, expiring, expired, revoked, disabled, all
    error: --sort: 'age' is not one of id, name, description, status, prefix, createdAt, expiresAt, lastUsedAt, lastUsedIp, permissions, rateLimitRpm, budgetUsd, spentUsd, models, labels, superseded, provider, profile, requests, tokens
    hint: keys help list
    "
  `);
});
