import { describe, expect, test } from 'vitest';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

/* How many calls it takes to find a key at an API that shows keys by their ids. */

const id = '9fK2Zp41aB3cD5eF';
const stored = { id, name: 'ci', status: 'active', created_at: '2026-11-01T00:00:00Z', expires_at: null };
const others = [{ ...stored, id: 'Ab1Cd2Ef3Gh4Ij5K', name: 'a1b2c3' }];
const missing = json(404, { error: { code: 'KEY_NOT_FOUND', message: 'no such key' } });
const list = json(200, { data: [stored, ...others], next_cursor: null });

async function keys(args: readonly string[], script: (server: FaultServer) => void) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  script(server);
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'ses_EXAMPLE' };
  const run = await box.keys(args, { env, now: new Date('2026-11-20T12:00:00Z') });
  return { ...run, calls: server.received.map(({ method, path }) => `${method} ${path}`) };
}

describe('an id', () => {
  test('is enough to find the log of a key', async () => {
    const { exit, calls } = await keys(['logs', id, '--json'], (server) => {
      server.on(`GET /keys/${id}`, json(200, stored));
      server.always('GET /logs', json(200, { data: [], next_cursor: null }));
    });
    expect([exit, calls.some((call) => call.startsWith('GET /keys?'))]).toEqual([0, false]);
  });

  test.each([['show'], ['update', '--name', 'new']])(
    'does not tell %s whether a newer key supersedes it: the list does',
    async (command, ...flags) => {
      const newer = { ...others[0], name: 'ci', created_at: '2026-11-19T00:00:00Z' };
      const { exit, stdout } = await keys([command, id, ...flags, '--json', 'id,superseded'], (server) => {
        server.always(`GET /keys/${id}`, json(200, stored));
        server.on('GET /keys?limit=100', json(200, { data: [newer, stored], next_cursor: null }));
        if (command === 'update') server.on(`PATCH /keys/${id}`, json(200, { ...stored, name: 'new' }));
      });
      expect([exit, JSON.parse(stdout)]).toEqual([0, { id, superseded: true }]);
    },
  );

  test('is looked for no further than the page that has it, if the newest keys come first', async () => {
    const newer = { ...others[0], name: 'ci', created_at: '2026-11-19T00:00:00Z' };
    const older = { ...stored, id: 'Zz9Yy8Xx7Ww6Vv5U', created_at: '2026-10-01T00:00:00Z' };
    const { stdout, calls } = await keys(['show', id, '--json', 'id,superseded'], (server) => {
      server.on('GET /keys?limit=100', json(200, { data: [newer, stored, older], next_cursor: 'p2' }));
      server.on(`GET /keys/${id}`, json(200, stored));
    });
    expect(JSON.parse(stdout)).toEqual({ id, superseded: true });
    expect(calls).toEqual(['GET /keys?limit=100', `GET /keys/${id}`]);
  });

  test('is found in a list that is in another order than declared', async () => {
    const newer = { ...others[0], name: 'ci', created_at: '2026-11-19T00:00:00Z' };
    const { stdout } = await keys(['show', id, '--json', 'id,superseded'], (server) => {
      server.always('GET /keys?limit=100', json(200, { data: [stored, newer], next_cursor: null }));
      server.on(`GET /keys/${id}`, json(200, stored));
    });
    expect(JSON.parse(stdout)).toEqual({ id, superseded: true });
  });

  test('of no key leads to the list, as a name or a beginning of its form does', async () => {
    for (const reference of ['a1b2c3', id.slice(0, 8)]) {
      const { exit, calls } = await keys(['logs', reference, '--json'], (server) => {
        server.on(`GET /keys/${reference}`, missing);
        server.on('GET /keys?limit=100', list);
        server.always('GET /logs', json(200, { data: [], next_cursor: null }));
      });
      expect([exit, calls[1]]).toEqual([0, 'GET /keys?limit=100']);
    }
  });

  test('that the API takes for another key is not believed', async () => {
    const { exit, stderr } = await keys(['show', '12345678', '--json'], (server) => {
      server.always('GET /keys/12345678', json(200, stored));
      server.on('GET /keys?limit=100', list);
    });
    expect([exit, JSON.parse(stderr).error.code]).toEqual([3, 'no_such_key']);
  });
});

test.each(['ci', 'deploy-2026', 'service-7'])('the name %s is looked for in the list first', async (name) => {
  const { calls } = await keys(['show', name], (server) => {
    server.on('GET /keys?limit=100', json(200, { data: [{ ...stored, name }], next_cursor: null }));
    server.on(`GET /keys/${id}`, json(200, { ...stored, name }));
  });
  expect(calls).toEqual(['GET /keys?limit=100', `GET /keys/${id}`]);
});

describe('ids to revoke', () => {
  const other = others[0];

  test('are revoked without a list', async () => {
    const { exit, calls } = await keys(['revoke', id, String(other?.id), '--yes', '--json'], (server) => {
      for (const one of [stored, other]) {
        server.always(`GET /keys/${one?.id}`, json(200, one));
        server.on(`DELETE /keys/${one?.id}`, json(204, undefined));
      }
    });
    expect(exit).toBe(0);
    expect(calls.filter((call) => call.startsWith('GET /keys?'))).toEqual([]);
  });

  test('are looked for in the list beside a name, whose older keys may still work', async () => {
    const older = { ...stored, id: 'Zz9Yy8Xx7Ww6Vv5U', created_at: '2026-10-01T00:00:00Z' };
    const { exit, stderr } = await keys(['revoke', 'ci', '--yes', '--json'], (server) => {
      server.always('GET /keys?limit=100', json(200, { data: [stored, older], next_cursor: null }));
      server.always(`GET /keys/${id}`, json(200, { ...stored, status: 'revoked' }));
      server.on(`DELETE /keys/${id}`, json(204, undefined));
    });
    expect(exit).toBe(0);
    expect(stderr).toContain(`another key named ci still works: ${older.id}`);
  });
});

test('a key that is our own session token is not revoked, and a beginning that many share is no reason to refuse', async () => {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const own = { ...stored, prefix: 'ses_EXAM' };
  const shared = [own, { ...others[0], prefix: 'ses_EXAM' }];
  const env = { KEYS_PROVIDER: 'authority', KEYS_URL: server.origin, KEYS_TOKEN: 'ses_EXAMPLE-of-a-token' };
  server.always(`GET /keys/${id}`, json(200, own));
  server.on('GET /keys?limit=100', json(200, { data: [own], next_cursor: null }));
  const refused = await box.keys(['revoke', id, '--yes', '--json'], { env });
  expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining('is the session token')]);
  server.on('GET /keys?limit=100', json(200, { data: shared, next_cursor: null }));
  server.on(`DELETE /keys/${id}`, json(204, undefined));
  expect(await box.keys(['revoke', id, '--yes', '--json'], { env })).toMatchObject({ exit: 0 });
});
