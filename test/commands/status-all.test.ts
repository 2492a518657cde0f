import { expect, test } from 'vitest';
import { FaultServer, json, silence } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

/* All profiles at a glance: what cannot be asked is a row, not a failure. */

const now = new Date('2026-11-20T12:00:00Z');

async function start() {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const keys = [
    { id: 'a', name: 'a', status: 'active', created_at: '2026-11-01T00:00:00Z', expires_at: null },
    {
      id: 'b',
      name: 'b',
      status: 'active',
      created_at: '2026-11-01T00:00:00Z',
      expires_at: '2026-11-23T00:00:00Z',
    },
    { id: 'c', name: 'c', status: 'revoked', created_at: '2026-11-01T00:00:00Z', expires_at: null },
  ];
  const add = async (profile: string, provider: string, url: string) => {
    const place = ['--profile', profile, '--provider', provider, '--url', url];
    const flags = ['--with-token', '--store', 'file', '--no-verify'];
    await box.keys(['login', ...place, ...flags], { stdin: 'tok-EXAMPLE', now });
  };
  return { box, server, keys, add, shows: new Transcript(box, [ports]) };
}

test('each profile is a row: session, keys, and why one could not be asked', async () => {
  const { box, server, keys, add, shows } = await start();
  await add('gone', 'unreal', 'http://127.0.0.1:9');
  await add('refused', 'unreal', server.origin);
  await add('work', 'authority', server.origin);
  server.on('GET /keys?limit=100', json(200, { data: keys }), json(200, { data: keys }));
  const session = json(200, { id: 's1', user: 'ada', role: 'admin', expires_at: '2027-01-01T00:00:00Z' });
  server.on('GET /session', session, session);
  server.on('GET /v1/keys', json(401, {}), json(401, {}));
  const run = await box.keys(['status', '--all-profiles', '--json'], { now });
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual([
    {
      ...{ profile: 'work', provider: 'authority', url: server.origin, current: true, tokenSource: 'file' },
      ...{ authenticated: true, user: 'ada', role: 'admin', expiresAt: '2027-01-01T00:00:00.000Z' },
      ...{ active: 2, expiring: 1, unfinished: 0 },
    },
    {
      ...{ profile: 'local', provider: 'local', url: null, current: false, authenticated: true },
      ...{ active: 0, expiring: 0, unfinished: 0 },
    },
    {
      ...{ profile: 'gone', provider: 'unreal', url: 'http://127.0.0.1:9', current: false },
      ...{ authenticated: null, unfinished: 0 },
      error: { code: 'connection_failed', message: expect.any(String) },
    },
    {
      ...{ profile: 'refused', provider: 'unreal', url: server.origin, current: false, tokenSource: 'file' },
      ...{ authenticated: false, unfinished: 0 },
    },
  ]);
  expect(
    await shows.keys(['status', '--all-profiles', '--quiet'], { now, terminal: 100, env: { NO_COLOR: '1' } }),
  ).toMatchInlineSnapshot(`
    "$ keys status --all-profiles --quiet
    exit 0
    --- stdout
    PROFILE  PROVIDER   HOST             SESSION            USER  ENDS        ACTIVE  EXPIRING
    work *   authority  127.0.0.1:[port 1]  accepted           ada   in 41 days       2         1
    local    local                       not needed                                0         0
    gone     unreal     127.0.0.1:[port 2]      connection failed
    refused  unreal     127.0.0.1:[port 1]  rejected
    "
  `);
});

test('a profile that does not answer in time is a row', async () => {
  const { box, server, add } = await start();
  await add('slow', 'unreal', server.origin);
  await box.keys(['profile', 'use', 'local']);
  server.always('GET /v1/keys', silence);
  const run = await box.keys(['status', '--all-profiles', '--timeout', '1s', '--json', 'profile,error'], {
    now,
  });
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual([
    { profile: 'local' },
    { profile: 'slow', error: { code: 'timed_out', message: expect.any(String) } },
  ]);
});

test('only the session of the current profile decides the exit code', async () => {
  const { box, server, add } = await start();
  await add('work', 'unreal', server.origin);
  server.on('GET /v1/keys', json(401, {}), json(401, {}));
  expect((await box.keys(['status', '--all-profiles', '--json'], { now })).exit).toBe(4);
  await box.keys(['profile', 'use', 'local']);
  expect((await box.keys(['status', '--all-profiles', '--json'], { now })).exit).toBe(0);
});
