import { describe, expect, test } from 'vitest';
import { powerdns } from '../../src/providers/built-in/powerdns.ts';
import { strapi } from '../../src/providers/built-in/strapi.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Issuing } from '../../src/providers/declaration/operation.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { spec } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

const gateway: Provider = {
  ...unreal,
  create: {
    post: '/credentials',
    body: { name: '{name}' },
    key: '',
    secret: { join: ['keyId', 'keySecret'], with: ':' },
  },
  key: { id: 'keyId', name: 'name', prefix: 'keySecret', description: 'note' },
};

describe('a secret that is made up of parts', () => {
  async function created(answer: unknown) {
    const server = await FaultServer.start();
    server.on('POST /credentials', json(200, answer));
    return remoteOf(gateway, server).backend.create(spec({ name: 'ci' }));
  }

  test('is joined, and no part of it but the id is shown', async () => {
    const { key, secret } = await created({
      keyId: 'id12345678',
      keySecret: 'abcdefghEXAMPLE',
      name: 'ci',
      note: 'has abcdefghEXAMPLE in it',
    });
    expect(secret.reveal()).toBe('id12345678:abcdefghEXAMPLE');
    expect(key).toMatchObject({ id: 'id12345678', name: 'ci', description: 'has **** in it' });
    expect(JSON.stringify(key)).not.toContain('abcdefghEXAMPLE');
  });

  test.each([
    [{ keyId: 'k1', name: 'ci' }],
    [{ keyId: 'k1', keySecret: null, name: 'ci' }],
    [{ keyId: 'k1', keySecret: '', name: 'ci' }],
    [{ keyId: 'k1', keySecret: 'abc****', name: 'ci' }],
  ])('is no secret in %j: the key is an orphan', async (answer) => {
    expect(await failureIn(created(answer))).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
  });

  test('is what a success has, whatever else it contains', async () => {
    const { secret } = await created({ keyId: 'k1', keySecret: 'abcEXAMPLE', error: 'mail not sent' });
    expect(secret.reveal()).toBe('k1:abcEXAMPLE');
  });
});

describe('a secret that the client makes', () => {
  const old = { id: 'ci.', name: 'ci', status: 'active' } as const;

  async function rotated(change: Partial<Issuing>, script: (server: FaultServer) => void) {
    const server = await FaultServer.start();
    script(server);
    const rotate = { ...powerdns.rotate, ...change };
    const { backend } = remoteOf({ ...powerdns, rotate }, server);
    const work =
      backend.rotateInPlace?.(old, { graceSeconds: 0 }) ?? Promise.reject(new Error('no rotation'));
    return { work, sent: () => server.received.map(({ body }) => JSON.parse(String(body)).key) };
  }

  test.each([
    ['base64', /^[\w+/]{43}=$/],
    ['base64url', /^[\w-]{43}$/],
    ['hex', /^[0-9a-f]{64}$/],
  ] as const)('is sent as %s, and counts as issued', async (as, form) => {
    const { work, sent } = await rotated({ makes: { bytes: 32, as } }, (server) =>
      server.on('PUT /tsigkeys/ci.', text(204, '')),
    );
    const { secret, key } = await work;
    expect(sent()).toEqual([secret.reveal()]);
    expect(secret.reveal()).toMatch(form);
    expect(key).toEqual(old);
  });

  test('is a new one in each rotation, and the same in each repetition of a PUT', async () => {
    const { work, sent } = await rotated({}, (server) =>
      server.on('PUT /tsigkeys/ci.', resetBeforeReply, json(503, {}), text(204, '')),
    );
    const { secret } = await work;
    expect(sent()).toEqual([secret.reveal(), secret.reveal(), secret.reveal()]);
    const again = await rotated({}, (server) => server.on('PUT /tsigkeys/ci.', text(204, '')));
    expect((await again.work).secret.reveal()).not.toBe(secret.reveal());
  });

  test('gives way to another one in the response, unless that is masked', async () => {
    const other = await rotated({ secret: 'key' }, (server) =>
      server.on('PUT /tsigkeys/ci.', json(200, { key: 'otherEXAMPLE' })),
    );
    expect((await other.work).secret.reveal()).toBe('otherEXAMPLE');
    const masked = await rotated({ secret: 'key' }, (server) =>
      server.on('PUT /tsigkeys/ci.', json(200, { key: 'abc****' })),
    );
    expect((await masked.work).secret.reveal()).toBe(masked.sent()[0]);
  });

  test('is in no message of a refusal', async () => {
    const server = await FaultServer.start();
    server.on('PUT /tsigkeys/ci.', (response, request) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: `no good: ${JSON.parse(String(request.body)).key}` }));
    });
    const { backend } = remoteOf(powerdns, server);
    const failure = await failureIn(backend.rotateInPlace?.(old, { graceSeconds: 0 }) ?? Promise.resolve());
    expect(failure).toMatchObject({ code: 'rejected' });
    expect(JSON.stringify(failure)).not.toContain(JSON.parse(String(server.received[0]?.body)).key);
  });
});

describe('a response that says that there is no such key', () => {
  test('is no key, no revocation and no rotation', async () => {
    const server = await FaultServer.start();
    for (const method of ['GET', 'DELETE'])
      server.always(`${method} /admin/api-tokens/9`, json(200, { data: null }));
    server.always('POST /admin/api-tokens/9/regenerate', json(200, { data: null }));
    const { backend } = remoteOf(strapi, server);
    expect(await backend.get('9')).toBeUndefined();
    expect(await backend.revoke('9')).toBe(false);
    const old = { id: '9', name: 'ci', status: 'active' } as const;
    expect(
      await failureIn(backend.rotateInPlace?.(old, { graceSeconds: 0 }) ?? Promise.resolve()),
    ).toMatchObject({
      code: 'no_such_key',
    });
  });

  test('an empty list is a list', async () => {
    const server = await FaultServer.start();
    server.on('GET /admin/api-tokens', json(200, { data: [] }));
    expect(await remoteOf(strapi, server).backend.list()).toEqual([]);
  });
});
