import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SqliteStore } from '../../../src/authority/sqlite/sqlite-store.ts';
import { SqliteUseGate } from '../../../src/authority/sqlite/sqlite-use-gate.ts';
import { spec, testAuthority } from '../../support/authority.ts';

/** A key in a database of its own, and gates to it: two that last, and one made anew for each batch, which knows nothing. */
async function world(rateLimitRpm: number) {
  const { authority, clock, path } = await testAuthority();
  const { key, secret } = await authority.create(spec({ rateLimitRpm }));
  const stores = [0, 1].map(() => new SqliteStore({ path, timeoutMs: 1000 }));
  const lasting = stores.map((store) => new SqliteUseGate(store, clock.now));
  const request = { key: secret.reveal() };
  return {
    clock,
    /** The outcome of each use, by a gate that lasts, or by one made for it. */
    ask(by: 0 | 1, count: number, isAnew: boolean) {
      const gate = isAnew ? new SqliteUseGate(stores[by] as SqliteStore, clock.now) : lasting[by];
      const decisions = gate?.authorize(Array(count).fill(request)) ?? [];
      return decisions.map(({ allowed, rateLimit }) => ({ allowed, rateLimit }));
    },
    examine: () => lasting[0]?.examine(request).allowed,
    change: (limit: number) => authority.update(key.id, { rateLimitRpm: limit }),
    close: () => Promise.all(stores.map((store) => store.close())),
  };
}

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      by: fc.constantFrom(0 as const, 1 as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      advanceMs: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: -70_000, max: 70_000 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ limit: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.constant({ examine: true }) },
);

test('gates that remember full keys decide as those that read the slots each time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 40 }),
      async (limit, steps) => {
        const [remembering, reading] = await Promise.all([world(limit), world(limit)]);
        for (const one of steps) {
          if ('by' in one) {
            const expected = reading.ask(one.by, one.count, true);
            expect(remembering.ask(one.by, one.count, false)).toEqual(expected);
          } else if ('advanceMs' in one) {
            for (const { clock } of [remembering, reading]) clock.advance(one.advanceMs);
          } else if ('limit' in one) {
            for (const { change } of [remembering, reading]) await change(one.limit);
          } else remembering.examine();
        }
        await Promise.all([remembering.close(), reading.close()]);
      },
    ),
    { numRuns: 30 },
  );
});

test('a key that is full is read again after another connection has written', async () => {
  const { ask, change, clock, close } = await world(1);
  const [granted, full] = ask(0, 2, false);
  expect([granted?.allowed, full?.rateLimit?.resetSeconds]).toEqual([true, 60]);
  await change(3);
  clock.advance(10_000);
  expect(ask(1, 2, false).map(({ allowed }) => allowed)).toEqual([true, true]);
  await change(1);
  // The two slots of the higher limit have to become free, too.
  expect(ask(0, 1, false)).toMatchObject([{ allowed: false, rateLimit: { limit: 1, resetSeconds: 60 } }]);
  await close();
});
