import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { withProfiles } from '../support/escrow.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* Whoever ends the token that keys itself uses is locked out. */

const commands = [
  ['revoke', 'ci', '--yes'],
  ['rotate', 'ci', '--to', 'file:key'],
];

test.each(commands)(
  '%s: the token of npm among its tokens is found by the part that the list shows',
  async (...args) => {
    const [box, server] = [new Sandbox(), await FaultServer.start()];
    const objects = [
      { key: 'k1', name: 'ci', token: 'npm_EXA...wxyz', created: '2026-11-01T00:00:00Z' },
      { key: 'k2', name: 'other', token: 'npm_abc...1234', created: '2026-11-01T00:00:00Z' },
    ];
    server.on('GET /-/npm/v1/tokens', json(200, { objects, total: 2, urls: {} }));
    const env = { KEYS_PROVIDER: 'npm', KEYS_URL: server.origin, KEYS_TOKEN: 'npm_EXAmple0123456789wxyz' };
    const run = await box.keys(args, { env });
    expect(run.exit, run.stderr).toBe(2);
    expect(run.stderr).toContain('the key ci (k1) is the session token that keys itself uses here');
    expect(run.stderr).toContain('hint: log in with it: keys login --with-token');
    expect(server.received.every(({ method }) => method === 'GET')).toBe(true);
  },
);

test.each(commands)('%s: GitLab says itself which token is the one in use', async (...args) => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const token = {
    id: 42,
    name: 'ci',
    revoked: false,
    active: true,
    created_at: '2026-11-01T00:00:00Z',
    scopes: ['api'],
  };
  server
    .on('GET /projects/7/access_tokens', json(200, [{ ...token, expires_at: '2027-01-01' }]))
    .on('GET /personal_access_tokens/self', json(200, { ...token, id: 42 }));
  withProfiles(box, { mine: { provider: 'gitlab', url: server.origin, options: { project: '7' } } });
  const env = { KEYS_TOKEN: 'glpat-abcdefghijklmnEXAMPLE' };
  const run = await box.keys([...args, '--profile', 'mine'], { env });
  expect(run.exit, run.stderr).toBe(2);
  expect(run.stderr).toContain('would lock you out');
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
    const run = await box.keys(['rotate', 'ci', '--grace', '0', '--json'], { env });
    expect(run.exit, run.stderr).toBe(0);
    expect(run.stderr).toContain(
      'ci is the session token of the profile npm: the new one is stored there too',
    );
    expect(JSON.parse(run.stdout)).toMatchObject({
      ...{ newId: 'k2', oldRevoked: true },
      delivered: [{ sink: 'login:npm', verified: true }],
    });
    expect(JSON.stringify(JSON.parse(box.read(join(box.home, 'data', 'tokens.json'))))).toContain(fresh);
    server.on('GET /-/npm/v1/tokens', list(after));
    expect((await box.keys(['list', '--json'])).exit).toBe(0);
    expect(server.received.at(-1)?.headers.authorization).toBe(`Bearer ${fresh}`);
  });
});
