import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot, Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serving.ts';
import { ids, prefixes, secrets, Transcript, times } from '../support/transcript.ts';

/* The built program in real processes, from the first key to the last: quick enough for every supported Node.js. */

test('the embedded authority: create, list, rotate, verify, revoke, and nothing left unfinished', async () => {
  const box = new Sandbox();
  box.expectSecretIn('.env');
  const shows = new Transcript(box, [secrets, ids, times, prefixes]);
  const to = ['--to', 'env:.env#API_KEY'];
  expect(await shows.program(['create', 'ci', '--expires', '90d', ...to])).toMatchInlineSnapshot(`
    "$ keys create ci --expires 90d --to env:.env#API_KEY
    exit 0
    --- stdout
    [id 1]	ci		active	[prefix]	[time]	[time]			read			0			requests=0,tokens=0	false	local	local
    --- stderr
    expires [time] (in 90 days)
    delivered to env:.env#API_KEY and read back
    --- files
    .env (600): API_KEY=[secret 1]
    "
  `);
  expect(await shows.program(['rotate', 'ci', '--grace', '0', ...to])).toMatchInlineSnapshot(`
    "$ keys rotate ci --grace 0 --to env:.env#API_KEY
    exit 0
    --- stdout
    ci	[id 1]	[id 2]	true	[time]	true
    --- stderr
    expires [time] (in 90 days)
    delivered to env:.env#API_KEY and read back
    the old key [id 1] is revoked
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
  expect(await shows.program(['verify', '--from', 'env:.env#API_KEY'])).toMatchInlineSnapshot(`
    "$ keys verify --from env:.env#API_KEY
    exit 0
    --- stdout
    true	ok	200	
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
  const fields = ['--json', 'id,name,status,superseded'];
  expect(await shows.program(['list', '--status', 'all', ...fields])).toMatchInlineSnapshot(`
    "$ keys list --status all --json id,name,status,superseded
    exit 0
    --- stdout
    [
      {
        "id": "[id 2]",
        "name": "ci",
        "status": "active",
        "superseded": false
      },
      {
        "id": "[id 1]",
        "name": "ci",
        "status": "revoked",
        "superseded": true
      }
    ]
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
  expect(await shows.program(['revoke', 'ci', '--yes'])).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 0
    --- stdout
    [id 2]	ci	true	true	
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
  expect(await shows.program(['verify', '--from', 'env:.env#API_KEY'])).toMatchInlineSnapshot(`
    "$ keys verify --from env:.env#API_KEY
    exit 8
    --- stdout
    false	revoked	401	
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
  expect(await shows.program(['recover', '--list', '--json'])).toMatchInlineSnapshot(`
    "$ keys recover --list --json
    exit 0
    --- stdout
    []
    --- files
    .env (600): API_KEY=[secret 2]
    "
  `);
});

test('over HTTP: a session, a key, its use, and a clean shutdown', async () => {
  const box = new Sandbox();
  box.expectSecretIn('key');
  const session = await box.program(['session', 'create', '--user', 'alice', '--secret-only'], {
    secretOnStdout: true,
  });
  const { url, stop } = await startServe(box);
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: `${url}/admin`, KEYS_TOKEN: session.stdout.trim() };
  expect(await box.program(['create', 'ci', '--to', 'file:key'], { env })).toMatchObject({ exit: 0 });
  const use = () =>
    fetch(`${url}/v1/authorize`, { headers: { authorization: `Bearer ${box.read('key').trim()}` } });
  expect((await use()).status).toBe(200);
  expect(await box.program(['revoke', 'ci', '--yes'], { env })).toMatchObject({ exit: 0 });
  expect((await use()).status).toBe(401);
  expect(await stop('SIGTERM')).toBe(0);
});

test('the built program has the pages of this tree', async () => {
  const box = new Sandbox();
  for (const page of ['README.md', 'docs/rotation.md', 'docs/providers/openrouter.md']) {
    const run = await box.program(['docs', page]);
    expect(run).toEqual({ exit: 0, stdout: readFileSync(join(projectRoot, page), 'utf8'), stderr: '' });
  }
});
