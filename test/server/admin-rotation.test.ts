import type { InferOutput } from 'valibot';
import { describe, expect, test } from 'vitest';
import type { rotatedKey } from '../../src/server/admin/shapes.ts';
import type { Answer } from '../support/authority-service.ts';
import { refusalIn, serving, testService, whole } from '../support/authority-service.ts';

type Rotated = InferOutput<typeof rotatedKey>;

async function start() {
  const made = await testService();
  const server = await serving(made);
  const ada = await server.token('ada');
  const create = (body: object) =>
    server.call<Rotated>('POST', '/admin/keys', { token: ada, body, secret: true });
  return { ...made, ...server, ada, create };
}

describe('a rotation', () => {
  const rotate = (
    { call, ada: token }: Awaited<ReturnType<typeof start>>,
    id: string,
    body: object | undefined,
    headers: Record<string, string> = {},
  ): Promise<Answer<Rotated>> =>
    call('POST', `/admin/keys/${id}/rotate`, { token, body, headers, secret: true });

  test.each([
    ['a week where nothing is said', undefined, '2026-11-27T12:00:00.000Z', 'expiring'],
    ['as long as is said', { grace_seconds: 60 }, '2026-11-20T12:01:00.000Z', 'expiring'],
    ['no time with 0', { grace_seconds: 0 }, '2027-02-18T12:00:00.000Z', 'revoked'],
  ])('leaves the old key %s', async (_, body, expires_at, status) => {
    const started = await start();
    const { key: old } = (await started.create(whole)).body;
    const answer = await rotate(started, old.id, body);
    const { key, previous } = answer.body;
    expect([answer.status, answer.headers.get('location')]).toEqual([201, `/admin/keys/${key.id}`]);
    expect(previous).toEqual({ ...old, expires_at, status });
    const { id, prefix, hash, created_at } = key;
    expect(key).toEqual({ ...old, id, prefix, hash, created_at });
    expect(Date.parse(created_at)).toBeGreaterThan(Date.parse(old.created_at));
    const again = await started.call('POST', `/admin/keys/${old.id}/rotate`, { token: started.ada, body });
    expect(refusalIn(again)).toEqual([409, status === 'revoked' ? 'KEY_REVOKED' : 'KEY_ROTATED']);
  });

  test('gives the new key the requested expiry', async () => {
    const started = await start();
    const { key } = (await started.create(whole)).body;
    const expires_at = '2027-01-01T00:00:00.000Z';
    expect((await rotate(started, key.id, { expires_at })).body.key.expires_at).toBe(expires_at);
  });

  test('that is repeated returns the same key', async () => {
    const started = await start();
    const { key } = (await started.create(whole)).body;
    const once = { 'idempotency-key': 'request-EXAMPLE-1' };
    const first = await rotate(started, key.id, { grace_seconds: 0 }, once);
    expect((await rotate(started, key.id, { grace_seconds: 0 }, once)).body).toEqual(first.body);
    const other = { token: started.ada, body: { grace_seconds: 1 }, headers: once };
    expect(refusalIn(await started.call('POST', `/admin/keys/${key.id}/rotate`, other))).toEqual([
      422,
      'IDEMPOTENCY_KEY_REUSED',
    ]);
  });
});
