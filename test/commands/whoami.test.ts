import { expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { ports, Transcript } from '../support/transcript.ts';

/* Whose the session is, by what the API tells. */

async function start(provider = 'authority') {
  const server = await FaultServer.start();
  const env = { KEYS_PROVIDER: provider, KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
  return { server, env, shows: new Transcript(new Sandbox(), [ports]) };
}

const session = (expiresAt: string | null) =>
  json(200, { id: 's1', user: 'ada', role: 'admin', status: 'active', expires_at: expiresAt });
const now = new Date('2026-11-20T12:00:00Z');

test('tells user, role and expiry', async () => {
  const { server, env, shows } = await start();
  server.on('GET /session', session('2027-01-01T00:00:00Z'));
  expect(await shows.keys(['whoami', '--json'], { env, now })).toMatchInlineSnapshot(`
    "$ keys whoami --json
    exit 0
    --- stdout
    {
      "profile": "authority",
      "provider": "authority",
      "url": "http://127.0.0.1:[port 1]",
      "user": "ada",
      "role": "admin",
      "expiresAt": "2027-01-01T00:00:00.000Z"
    }
    "
  `);
  server.on('GET /session', session(null));
  expect(await shows.keys(['whoami'], { env, now, terminal: 80 })).toMatchInlineSnapshot(`
    "$ keys whoami
    exit 0
    --- stdout
    [2mProfile   [22mauthority
    [2mProvider  [22mauthority
    [2mURL       [22mhttp://127.0.0.1:[port 1]
    [2mUser      [22mada
    [2mRole      [22madmin
    [2mEnds      [22mnever
    "
  `);
});

test('warns when the session ends within 14 days', async () => {
  const { server, env, shows } = await start();
  server.on('GET /session', session('2026-11-23T12:00:00Z'));
  expect(await shows.keys(['whoami', '--json', 'user'], { env, now })).toMatchInlineSnapshot(`
    "$ keys whoami --json user
    exit 0
    --- stdout
    {
      "user": "ada"
    }
    --- stderr
    warning: the session of the profile authority ends in 3 days; then: keys login --profile authority
    "
  `);
});

test('a refused token: exit 4', async () => {
  const { server, env, shows } = await start();
  server.on('GET /session', json(401, { error: 'unknown session' }));
  expect(await shows.keys(['whoami', '--json'], { env })).toMatchInlineSnapshot(`
    "$ keys whoami --json
    exit 4
    --- stderr
    {"error":{"code":"not_logged_in","message":"the API does not accept the session token: unknown session","hint":"keys login --profile authority\\nor set KEYS_TOKEN","httpStatus":401}}
    "
  `);
});

test('no token: exit 4, and no call', async () => {
  const { server, env, shows } = await start('unreal');
  const transcript = await shows.keys(['whoami'], { env: { ...env, KEYS_TOKEN: undefined } });
  expect(transcript).toContain('exit 4');
  expect(server.received).toEqual([]);
});

test('an API without such a call is told by its place alone', async () => {
  const { server, env, shows } = await start('unreal');
  expect(await shows.keys(['whoami', '--json'], { env })).toMatchInlineSnapshot(`
    "$ keys whoami --json
    exit 0
    --- stdout
    {
      "profile": "unreal",
      "provider": "unreal",
      "url": "http://127.0.0.1:[port 1]"
    }
    --- stderr
    the API of Unreal AI has no call that tells whose the session is
    "
  `);
  expect(server.received).toEqual([]);
});

test('the user of the embedded authority is the one who runs keys', async () => {
  const { shows } = await start();
  expect(await shows.keys(['whoami', '--json'])).toMatchInlineSnapshot(`
    "$ keys whoami --json
    exit 0
    --- stdout
    {
      "profile": "local",
      "provider": "local",
      "url": null,
      "user": "ada"
    }
    "
  `);
});

test('status shows them, too, and goes without them where the call fails', async () => {
  const { server, env, shows } = await start();
  const empty = json(200, { data: [] });
  server.on('GET /keys?limit=100', empty, empty);
  server.on('GET /session', session('2026-11-23T12:00:00Z'), json(403, { error: 'no' }));
  const fields = 'authenticated,user,role,expiresAt';
  expect(await shows.keys(['status', '--json', fields], { env, now })).toMatchInlineSnapshot(`
    "$ keys status --json authenticated,user,role,expiresAt
    exit 0
    --- stdout
    {
      "authenticated": true,
      "user": "ada",
      "role": "admin",
      "expiresAt": "2026-11-23T12:00:00.000Z"
    }
    --- stderr
    warning: the session of the profile authority ends in 3 days; then: keys login --profile authority
    "
  `);
  expect(await shows.keys(['status', '--json', fields], { env, now })).toMatchInlineSnapshot(`
    "$ keys status --json authenticated,user,role,expiresAt
    exit 0
    --- stdout
    {
      "authenticated": true
    }
    "
  `);
});
