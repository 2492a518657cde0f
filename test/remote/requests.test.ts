import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { npm } from '../../src/providers/built-in/npm.ts';
import { callOf } from '../../src/providers/declaration/call.ts';
import { spec } from '../support/authority.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import type { Exchange } from './exchange.ts';
import { remoteOf } from './remote-of.ts';

/* How many requests a command needs. What a declaration declares as an extra is counted: a step, an empty last page. */

const active = { name: 'ci', status: 'active' } as const;

describe.each(cases.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  const steps = one.before ? 1 : 0;
  const pages = one.end ? 2 : 1;
  const { show, create, revoke, disable, rotate, verify } = one;

  test('lists a page by one request', async () => {
    const { backend, count } = await started(one);
    await backend.list();
    expect(count()).toBe(steps + pages);
  });

  if (show)
    test('shows a key by one request', async () => {
      const { backend, count } = await started(one);
      await backend.get(show?.id ?? '');
      expect(count()).toBe(steps + 1);
    });

  if (create)
    test('creates by one request, after a list if names are unique', async () => {
      const { backend, count } = await started(one);
      await backend.create(spec(create?.spec ?? {}));
      expect(count()).toBe(steps + 1 + (one.provider.capabilities.uniqueNames ? pages : 0));
    });

  if (revoke)
    test('revokes by its calls, and looks only where the answer leaves it open', async () => {
      const { backend, count } = await started(one);
      await backend.revoke(revoke?.id ?? '').catch(() => undefined);
      const calls = 1 + (one.provider.revoke?.then?.length ?? 0);
      // Until a revocation that is only accepted (202) is carried out; here the key never goes.
      const looks = revoke?.status === 202 ? 4 : 1;
      expect(count()).toBeLessThanOrEqual(steps + calls + looks * (one.show ? 1 : pages));
    });

  if (disable)
    test('disables by at most two requests', async () => {
      const { backend, count } = await started(one);
      await backend.update(disable?.id ?? '', { disabled: true }).catch(() => undefined);
      expect(count()).toBeLessThanOrEqual(steps + 2);
    });

  if (rotate)
    test('rotates in place by one request', async () => {
      const { backend, count } = await started(one);
      const { id = '', expiresAt = null } = rotate ?? {};
      await backend.rotateInPlace?.({ ...active, id }, { graceSeconds: 0, expiresAt });
      expect(count()).toBe(steps + 1);
    });

  if (verify)
    test('verifies by one request', async () => {
      const { backend, count } = await started(one);
      await backend.verify(new Secret('key-abcdefghEXAMPLE'));
      expect(count()).toBe(1);
    });
});

async function started(one: Case) {
  const server = await FaultServer.start();
  const { before, end, list, show, create, revoke, disable, rotate, verify } = one;
  for (const exchange of [before, end, list, show, create, revoke, disable, rotate, verify]) {
    if (exchange) server.always(exchange.route, answerOf(exchange));
  }
  for (const call of one.provider.revoke?.then ?? []) {
    const { method, path } = callOf(call);
    server.always(`${method} ${path.replace('{id}', revoke?.id ?? '')}`, json(200, {}));
  }
  const count = () => server.received.length;
  return { count, ...remoteOf(one.provider, server, one.options) };
}

function answerOf({ status, answer }: Exchange): Answer {
  return answer === undefined ? text(status, '') : json(status, answer);
}

describe('a list of three pages without a call for one key', () => {
  const tokenOf = (key: string) => ({ key, name: key, token: 'npm_abc...xyz', readonly: false });
  const pageOf = (next: string, ...objects: object[]) => json(200, { objects, urls: { next } });

  test('is read until it has the key', async () => {
    const server = await FaultServer.start();
    server.on('GET /-/npm/v1/tokens', pageOf('/-/npm/v1/tokens?page=1', tokenOf('a1'), tokenOf('a2')));
    server.on('GET /-/npm/v1/tokens?page=1', pageOf('/-/npm/v1/tokens?page=2', tokenOf('b1'), tokenOf('b2')));
    expect(await remoteOf(npm, server).backend.get('b1')).toMatchObject({ id: 'b1' });
    expect(server.received).toHaveLength(2);
  });

  test('is read to its end for a key that it does not have', async () => {
    const server = await FaultServer.start();
    server.on('GET /-/npm/v1/tokens', pageOf('/-/npm/v1/tokens?page=1', tokenOf('a1')));
    server.on('GET /-/npm/v1/tokens?page=1', pageOf('', tokenOf('b1')));
    expect(await remoteOf(npm, server).backend.get('c1')).toBeUndefined();
  });
});

describe('a rotation at npm', () => {
  const old = { token: 'npm_abc...xyz', key: 'id1', name: 'ci', created: '2026-11-01T00:00:00.000Z' };
  const fresh = { ...old, key: 'id2', created: '2026-11-20T12:00:00.000Z' };
  const list = 'GET /-/npm/v1/tokens';

  test.each([
    ['7d', [list, 'POST /-/npm/v1/tokens', 'GET /-/whoami', list]],
    [
      '0',
      [
        list,
        'POST /-/npm/v1/tokens',
        'GET /-/whoami',
        list,
        'DELETE /-/npm/v1/tokens/token/id1',
        // Some registries answer 200 for an id that they do not know.
        list,
      ],
    ],
  ])('with the grace period %s', async (grace, requests) => {
    const sandbox = new Sandbox();
    const server = await FaultServer.start();
    let keys = [old];
    const change = (route: string, after: object[], answer: object) => {
      server.always(route, (response, request) => {
        keys = after as typeof keys;
        return json(200, answer)(response, request);
      });
    };
    server.always(list, (response, request) => json(200, { objects: keys, urls: {} })(response, request));
    change('POST /-/npm/v1/tokens', [old, fresh], { ...fresh, token: 'npm_abcdefghijklmnopqrstEXAMPLE' });
    change('DELETE /-/npm/v1/tokens/token/id1', [fresh], {});
    server.always('GET /-/whoami', json(200, { username: 'ada' }));
    sandbox.expectSecretIn('ci.key');
    const env = {
      KEYS_PROVIDER: 'npm',
      KEYS_URL: server.origin,
      KEYS_TOKEN: 'tok-EXAMPLE',
      KEYS_PASSWORD: 'pw-EXAMPLE',
    };
    const run = await sandbox.keys(['rotate', 'ci', '--to', 'file:ci.key', '--grace', grace], { env });
    expect(run.exit).toBe(0);
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual(requests);
  });
});

describe('commands about one key at OpenRouter', () => {
  const key = {
    hash: 'h1abc',
    name: 'ci',
    disabled: false,
    created_at: '2026-11-01T00:00:00Z',
    expires_at: null,
  };
  const list = 'GET /keys?include_disabled=true';

  test.each([
    [['list'], [list]],
    [
      ['show', 'ci'],
      [list, 'GET /keys/h1abc'],
    ],
    [
      ['update', 'ci', '--disable'],
      [list, 'PATCH /keys/h1abc'],
    ],
    [
      ['update', 'ci', '--name', 'web'],
      [list, 'PATCH /keys/h1abc', 'GET /keys/h1abc'],
    ],
    [
      ['revoke', 'ci', '--yes'],
      [list, 'DELETE /keys/h1abc'],
    ],
  ])('%j', async (args, requests) => {
    const server = await FaultServer.start();
    server.always(list, json(200, { data: [key] })).always('GET /keys/h1abc', json(200, { data: key }));
    server.always('PATCH /keys/h1abc', json(200, { data: { ...key, disabled: true } }));
    server
      .always('DELETE /keys/h1abc', json(200, { deleted: true }))
      .always('GET /key', json(200, { data: {} }));
    const env = { KEYS_PROVIDER: 'openrouter', KEYS_URL: server.origin, KEYS_TOKEN: 'tok-EXAMPLE' };
    const run = await new Sandbox().keys([...args, '--json'], { env });
    expect(run.exit, run.stderr).toBe(0);
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual(requests);
  });
});
