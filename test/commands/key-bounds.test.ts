import { expect, test } from 'vitest';
import { withAuthority } from '../support/embedded-authority.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ids, prefixes, secrets, Transcript } from '../support/transcript.ts';

const now = new Date('2026-11-20T12:00:00Z');

test('refuses a key with values that are too large, and names each of them', async () => {
  const box = new Sandbox();
  const flags = ['--label', `big=${'x'.repeat(1001)}`, '--models', 'm'.repeat(201)];
  const story = new Transcript(box, [
    { word: '1001 x', pattern: /x{1001}/g },
    { word: '201 m', pattern: /m{201}/g },
  ]);
  expect(await story.keys(['create', 'ci', ...flags, '--json'])).toMatchInlineSnapshot(`
    "$ keys create ci --label big=[1001 x] --models [201 m] --json
    exit 2
    --- stderr
    {"error":{"code":"invalid_key","message":"models: 201 characters; the maximum is 200; labels: 1001 characters in a label value; the maximum is 1000","hint":"see what it accepts: keys provider show local"}}
    "
  `);
  expect(await withAuthority(box, (authority) => authority.list())).toEqual([]);
});

test('merges labels, and keeps an empty label', async () => {
  const box = new Sandbox();
  await box.keys(['create', 'ci', '--label', 'a=1', '--label', 'b=2', '--to', 'file:secret']);
  box.expectSecretIn('secret');
  for (const label of ['c=3', 'a=']) {
    expect((await box.keys(['update', 'ci', '--label', label])).exit).toBe(0);
  }
  const { stdout } = await box.keys(['show', 'ci', '--json', 'labels']);
  expect(JSON.parse(stdout).labels).toMatchObject({ b: '2', c: '3' });
});

test('a session sets what its user may give a key, and reports a changed role', async () => {
  const box = new Sandbox();
  const story = new Transcript(box, [secrets, prefixes, ids]);
  const create = (...flags: string[]) =>
    story.keys(['session', 'create', '--user', 'bob', '--to', 'file:token', ...flags], { now });
  box.expectSecretIn('token');
  const bounds = ['--max-budget', '50', '--max-keys', '5', '--max-permissions', 'read'];
  expect(await create(...bounds)).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --max-budget 50 --max-keys 5 --max-permissions read
    exit 0
    --- stdout
    [id 1]	bob	user	active	2026-11-20T12:00:00.000Z	2026-11-21T00:00:00.000Z
    --- stderr
    session for bob: expires 2026-11-21T00:00:00Z (in 12 hours)
    delivered to file:token and read back
    --- files
    token (600): [secret 1]
    "
  `);
  expect(await create('--max-budget', '60')).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --max-budget 60
    exit 0
    --- stdout
    [id 2]	bob	user	active	2026-11-20T12:00:00.000Z	2026-11-21T00:00:00.000Z
    --- stderr
    session for bob: expires 2026-11-21T00:00:00Z (in 12 hours)
    delivered to file:token and read back
    --- files
    token (600): [secret 2]
    "
  `);
  expect(await create('--max-permissions', 'root')).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --max-permissions root
    exit 2
    --- stderr
    error: --max-permissions: 'root' is not one of read, write, admin, webhook
    hint: keys help session create
    --- files
    token (600): [secret 2]
    "
  `);
  const { openDatabase } = await import('../../src/authority/sqlite/open-database.ts');
  const database = openDatabase(`${box.home}/data/authority.db`, 1000);
  const { ceiling } = database.get("SELECT ceiling FROM users WHERE name = 'bob'") ?? {};
  database.close();
  expect(JSON.parse(String(ceiling))).toMatchObject({ budgetUsd: 60, maxKeys: 5, permissions: ['read'] });
  expect(await create('--role', 'admin')).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --role admin
    exit 0
    --- stdout
    [id 3]	bob	admin	active	2026-11-20T12:00:00.000Z	2026-11-21T00:00:00.000Z
    --- stderr
    bob is now an admin; existing sessions keep their role
    session for the admin bob: expires 2026-11-21T00:00:00Z (in 12 hours)
    delivered to file:token and read back
    --- files
    token (600): [secret 3]
    "
  `);
  expect(await create('--role', 'user')).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --role user
    exit 0
    --- stdout
    [id 4]	bob	user	active	2026-11-20T12:00:00.000Z	2026-11-21T00:00:00.000Z
    --- stderr
    bob is now a user; existing sessions are limited to that role
    session for bob: expires 2026-11-21T00:00:00Z (in 12 hours)
    delivered to file:token and read back
    --- files
    token (600): [secret 4]
    "
  `);
  expect(await create('--role', 'user')).toMatchInlineSnapshot(`
    "$ keys session create --user bob --to file:token --role user
    exit 0
    --- stdout
    [id 5]	bob	user	active	2026-11-20T12:00:00.000Z	2026-11-21T00:00:00.000Z
    --- stderr
    session for bob: expires 2026-11-21T00:00:00Z (in 12 hours)
    delivered to file:token and read back
    --- files
    token (600): [secret 5]
    "
  `);
});
