import { afterEach, expect, test, vi } from 'vitest';
import type { Use } from '../../src/authority/use.ts';
import { KeysError } from '../../src/base/errors.ts';
import { RequestBatcher } from '../../src/server/request-batcher.ts';
import { use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';

/** A batcher, and the batches that it writes; `fault` is what the database says to each. */
async function started() {
  const { service, clock } = await testService();
  const state: { fault?: KeysError; batches: Use[][]; losses: unknown[] } = { batches: [], losses: [] };
  const batcher = new RequestBatcher(
    service.gate,
    clock.now,
    (loss) => state.losses.push(loss),
    async (uses) => {
      if (state.fault) throw state.fault;
      state.batches.push(uses.map((one) => ({ ...one })));
      return uses
        .filter(({ keyId }) => keyId === 'rejected')
        .map((one) => ({ use: one, reason: 'rejected' }));
    },
  );
  return { batcher, clock, service, state };
}

afterEach(() => vi.useRealTimers());

const paths = (uses: readonly Use[] | undefined) => uses?.map(({ path, times = 1 }) => [path, times]);

test('equal uses of one millisecond are one with a number, in the order of each key', async () => {
  const { batcher, clock, state } = await started();
  const at = (keyId: string, path: string, fields: Partial<Use> = {}) =>
    batcher.enqueueUse(use({ keyId, path, ...fields }));
  for (const key of ['a', 'b', 'a', 'b', 'a']) at(key, `/${key}`);
  at('a', '/other');
  at('a', '/a');
  at('b', '/b', { ip: '192.0.2.1' });
  at('b', '/b', { costUsd: 1 });
  at('b', '/b', { costUsd: 1 });
  clock.advance(1);
  at('a', '/a');
  await batcher.flush();
  expect(state.batches).toHaveLength(1);
  expect(paths(state.batches[0])).toEqual([
    ['/a', 3],
    ['/b', 2],
    ['/other', 1],
    ['/a', 1],
    ['/b', 1],
    ['/b', 1],
    ['/b', 1],
    ['/a', 1],
  ]);
});

test('a use is written soon, and a little later while many arrive', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { batcher, state } = await started();
  const writtenAfter = async (count: number) => {
    const before = state.batches.length;
    for (let number = 0; number < count; number += 1) batcher.enqueueUse(use({ keyId: 'a', path: '/a' }));
    for (let waitedMs = 1; ; waitedMs += 1) {
      await vi.advanceTimersByTimeAsync(1);
      if (state.batches.length > before) return waitedMs;
    }
  };
  expect(await writtenAfter(1)).toBe(10);
  expect(await writtenAfter(50)).toBe(10);
  expect(await writtenAfter(49)).toBe(25);
  expect(await writtenAfter(1)).toBe(10);
});

test('uses that could not be written are kept in front of later ones, and written once', async () => {
  const { batcher, state } = await started();
  state.fault = new KeysError({ code: 'authority_busy', message: 'it is locked' });
  batcher.enqueueUse(use({ keyId: 'a', path: '/first' }));
  await expect(batcher.flush()).rejects.toThrow('it is locked');
  batcher.enqueueUse(use({ keyId: 'a', path: '/second' }));
  await expect(batcher.flush()).rejects.toThrow('it is locked');
  delete state.fault;
  await Promise.all([batcher.flush(), batcher.flush()]);
  expect(state.batches.map(paths)).toEqual([
    [
      ['/first', 1],
      ['/second', 1],
    ],
  ]);
});

test('a use that the database rejects is reported, and blocks no other', async () => {
  const { batcher, state } = await started();
  batcher.enqueueUse(use({ keyId: 'rejected' }));
  batcher.enqueueUse(use({ keyId: 'a' }));
  await batcher.flush();
  expect(state.losses).toMatchObject([{ use: { keyId: 'rejected' }, reason: 'rejected' }]);
  await batcher.flush();
  expect(state.batches).toHaveLength(1);
});
