import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { operations, ports, Transcript } from '../support/transcript.ts';

/* A command that ended the token keys itself uses would lock you out. */

const commands = [
  ['revoke', 'ci', '--yes'],
  ['rotate', 'ci', '--to', 'file:key'],
];

test('the token of npm among its tokens is found by the part that the list shows', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const objects = [
    { key: 'k1', name: 'ci', token: 'npm_EXA...wxyz', created: '2026-11-01T00:00:00Z' },
    { key: 'k2', name: 'other', token: 'npm_abc...1234', created: '2026-11-01T00:00:00Z' },
  ];
  const list = json(200, { objects, total: 2, urls: {} });
  server.on('GET /-/npm/v1/tokens', list, list);
  const env = { KEYS_PROVIDER: 'npm', KEYS_URL: server.origin, KEYS_TOKEN: 'npm_EXAmple0123456789wxyz' };
  expect(await new Transcript(box, [ports]).all(commands, { env })).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 2
    --- stderr
    error: the key ci (k1) is the session token that keys itself uses here: ending it would lock you out
    hint: create another one: keys create ci --to keychain:ci
    hint: log in with it: keys login --with-token --profile npm
    hint: then revoke the old one: keys revoke k1 --yes
    $ keys rotate ci --to file:key
    exit 2
    --- stderr
    error: the key ci (k1) is the session token that keys itself uses here: ending it would lock you out
    hint: create another one: keys create ci --to keychain:ci
    hint: log in with it: keys login --with-token --profile npm
    hint: then revoke the old one: keys revoke k1 --yes
    "
  `);
  expect(server.received.every(({ method }) => method === 'GET')).toBe(true);
});

test('GitLab reports itself which token is in use', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const token = {
    id: 42,
    name: 'ci',
    revoked: false,
    active: true,
    created_at: '2026-11-01T00:00:00Z',
    scopes: ['api'],
  };
  const list = json(200, [{ ...token, expires_at: '2027-01-01' }]);
  server
    .on('GET /projects/7/access_tokens', list, list)
    .on('GET /personal_access_tokens/self', json(200, token), json(200, token));
  withProfiles(box, { mine: { provider: 'gitlab', url: server.origin, options: { project: '7' } } });
  const env = { KEYS_PROFILE: 'mine', KEYS_TOKEN: 'glpat-abcdefghijklmnEXAMPLE' };
  expect(await new Transcript(box, [ports]).all(commands, { env })).toMatchInlineSnapshot(`
    "$ keys revoke ci --yes
    exit 2
    --- stderr
    error: the key ci (42) is the session token that keys itself uses here: ending it would lock you out
    hint: create another one: keys create ci --to keychain:ci
    hint: log in with it: keys login --with-token --profile mine
    hint: then revoke the old one: keys revoke 42 --yes
    $ keys rotate ci --to file:key
    exit 2
    --- stderr
    error: the key ci (42) is the session token that keys itself uses here: ending it would lock you out
    hint: create another one: keys create ci --to keychain:ci
    hint: log in with it: keys login --with-token --profile mine
    hint: then revoke the old one: keys revoke 42 --yes
    "
  `);
  expect(server.received.every(({ method }) => method === 'GET')).toBe(true);
});

describe('rotating the token that is stored', () => {
  const old = 'npm_EXAmple0123456789wxyz';
  const fresh = 'npm_NEWtoken0123456789abcdEXAMPLE';
  const listed = (key: string, token: string, created: string) => ({ key, name: 'ci', token, created });
  const before = listed('k1', 'npm_EXA...wxyz', '2026-11-01T00:00:00Z');
  const after = listed('k2', 'npm_NEW...MPLE', '2026-11-20T00:00:00Z');

  async function loggedIn() {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const list = (...objects: object[]) => json(200, { objects, total: objects.length, urls: {} });
    server.on('GET /-/npm/v1/tokens', list(before), list(before));
    const login = ['login', '--provider', 'npm', '--url', server.origin, '--with-token', '--store', 'file'];
    expect((await box.keys(login, { stdin: old })).exit).toBe(0);
    server
      .on('POST /-/npm/v1/tokens', json(200, { ...after, token: fresh }))
      .on('GET /-/whoami', json(200, { username: 'ada' }), json(200, { username: 'ada' }), json(401, {}));
    return { box, server, list };
  }

  test('stores the new one where the old one was, and then revokes the old one', async () => {
    const { box, server, list } = await loggedIn();
    server
      .on('GET /-/npm/v1/tokens', list(before), list(after))
      .on('DELETE /-/npm/v1/tokens/token/k1', json(204, {}));
    const env = { KEYS_PASSWORD: 'password-EXAMPLE' };
    const shows = new Transcript(box, [ports, operations]);
    const now = new Date('2026-11-20T12:00:00Z');
    expect(await shows.keys(['rotate', 'ci', '--grace', '0', '--json'], { env, now })).toMatchInlineSnapshot(`
      "$ keys rotate ci --grace 0 --json
      exit 0
      --- stdout
      {
        "name": "ci",
        "old": {
          "id": "k1",
          "name": "ci",
          "status": "active",
          "prefix": "npm_EXA...wxyz",
          "createdAt": "2026-11-01T00:00:00.000Z",
          "provider": "npm",
          "profile": "npm",
          "superseded": false
        },
        "new": {
          "id": "k2",
          "name": "ci",
          "status": "active",
          "createdAt": "2026-11-20T00:00:00.000Z",
          "prefix": "npm_NEWt…MPLE",
          "superseded": false,
          "provider": "npm",
          "profile": "npm"
        },
        "oldId": "k1",
        "newId": "k2",
        "retired": [],
        "oldRevoked": true,
        "oldRevokeAt": "2026-11-20T12:00:00.000Z",
        "verified": true,
        "changed": true,
        "delivered": [
          {
            "sink": "login:npm",
            "verified": true
          }
        ],
        "operation": "[operation 1]",
        "oldWorks": false
      }
      --- stderr
      ci is the session token of the profile npm: the new one is stored there too
      delivered to login:npm and read back
      the old key k1 is revoked
      "
    `);
    const tokens = JSON.parse(box.read(join(box.home, 'data', 'tokens.json')));
    expect(tokens).toEqual({ [`npm@${server.origin}`]: fresh });
    server.on('GET /-/npm/v1/tokens', list(after));
    expect((await box.keys(['list', '--json'])).exit).toBe(0);
    expect(server.received.at(-1)?.headers.authorization).toBe(`Bearer ${fresh}`);
  });
});
