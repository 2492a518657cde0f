import { describe, expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import { collect } from '../support/collect.ts';
import { createKey } from '../support/create-key.ts';
import { cases, start } from './conforming.ts';

/* Usage and verification through the providers of the server's APIs. */

const telling = cases.filter(({ provider }) => provider.logs ?? provider.verify);

describe.each(telling.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  const { provider, asked } = one;

  if (provider.logs) {
    test('lists the uses of a key, over several pages', async () => {
      const { backend, idOf, service, clock } = await start(one);
      const { key } = await createKey(backend, spec(asked));
      const begin = clock.now().getTime();
      const at = (second: number) => new Date(begin + second * 1000);
      const keyId = await idOf(key.id);
      await service.gate.record(
        Array.from({ length: 250 }, (_, second) =>
          use({
            keyId,
            at: at(second).getTime(),
            statusCode: second % 2 ? 200 : 429,
          }),
        ),
      );
      const seconds = async (query: object) =>
        (await collect(backend.logs(query))).map(({ timestamp }) => (Date.parse(timestamp) - begin) / 1000);
      expect(await seconds({})).toEqual(Array.from({ length: 250 }, (_, second) => 249 - second));
      expect(await seconds({ since: at(240), until: at(245), status: '4xx' })).toEqual([244, 242, 240]);
      expect(await seconds({ method: 'GET' })).toEqual([]);
      const [entry] = await collect(backend.logs({ keyId: key.id, pathPrefix: '/v1/c' }));
      expect(entry).toMatchObject({ method: 'POST', path: '/v1/chat', statusCode: 200 });
    });
  }

  if (provider.key.usage || provider.usage) {
    test('sums the usage', async () => {
      const { backend, idOf, service } = await start(one);
      const { key } = await createKey(backend, spec(asked));
      await service.gate.record([use({ keyId: await idOf(key.id), tokens: 5, costUsd: 0.5 })]);
      const sums = { requests: 1, tokens: 5, ...(provider.key.spentUsd && { spentUsd: 0.5 }) };
      expect(await backend.usage({ by: 'key' })).toEqual([{ keyId: key.id, name: 'deploy', ...sums }]);
      expect(await backend.usage({ by: 'key', keyId: 'nobody' })).toEqual([]);
      if (!backend.capabilities.usageByDay) return;
      expect(await backend.usage({ by: 'day' })).toEqual([{ date: '2026-11-20', ...sums }]);
      expect(await backend.usage({ by: 'day', since: new Date('2026-11-21T00:00:00Z') })).toEqual([]);
    });
  }

  if (provider.verify) {
    test('reports whether a key works, and why not', async () => {
      const { backend, keysOf, idOf, service, clock } = await start(one);
      const { key, secret } = await createKey(backend, spec({ ...asked, models: [], budgetUsd: null }));
      expect(await backend.verify(secret)).toMatchObject({ valid: true, reason: 'ok', httpStatus: 200 });
      const id = await idOf(key.id);
      await (await keysOf()).update(id, { budgetUsd: 1 });
      await service.gate.record([use({ keyId: id, costUsd: 1 })]);
      expect(await backend.verify(secret)).toEqual({ valid: true, reason: 'budget', httpStatus: 402 });
      await (await keysOf()).update(id, { disabled: true });
      expect(await backend.verify(secret)).toEqual({ valid: false, reason: 'forbidden', httpStatus: 401 });
      await (await keysOf()).update(id, { disabled: false, expiresAt: new Date(clock.now().getTime() + 1) });
      clock.advance(1);
      expect(await backend.verify(secret)).toEqual({ valid: false, reason: 'expired', httpStatus: 401 });
      await backend.revoke(key.id);
      expect(await backend.verify(secret)).toEqual({ valid: false, reason: 'invalid', httpStatus: 401 });
    });

    test('reports which models a key may call, and that there are none', async () => {
      const some = await start(one, { models: ['small', 'large'] });
      const { secret } = await some.backend.create(spec({ ...asked, models: [] }));
      expect(await some.backend.verify(secret)).toMatchObject({ reason: 'ok', models: ['small', 'large'] });
      const none = await start(one, { models: [] });
      const other = await none.backend.create(spec({ ...asked, models: [] }));
      expect(await none.backend.verify(other.secret)).toEqual({
        valid: true,
        reason: 'no-models',
        httpStatus: 403,
      });
    });
  }
});
