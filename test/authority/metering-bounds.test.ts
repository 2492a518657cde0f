import { expect, test } from 'vitest';
import { maxPerUse } from '../../src/authority/use.ts';
import { issue, recordUse, spec, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';

/* One bad use can only harm its own key. */

const impossible = [Number.MAX_SAFE_INTEGER, 1e13, 1e300, Number.POSITIVE_INFINITY, Number.NaN, -5];

test.each(impossible)(
  'counters that receive %d stay whole numbers within bounds, and keep counting',
  async (amount) => {
    const { authority, gate, key } = await issue();
    for (let round = 0; round < 3; round++) {
      await recordUse(gate, use({ keyId: key.id, requests: amount, tokens: amount, costUsd: amount }));
    }
    await recordUse(gate, use({ keyId: key.id, requests: 1, tokens: 1 }));
    const { usage, spentUsd = 0 } = (await authority.get(key.id)) ?? {};
    for (const [counter, most] of [
      [usage?.requests ?? -1, maxPerUse.requests],
      [usage?.tokens ?? -1, maxPerUse.tokens],
    ] as const) {
      expect(Number.isSafeInteger(counter)).toBe(true);
      expect(counter).toBeGreaterThanOrEqual(1);
      expect(counter).toBeLessThanOrEqual(3 * most + 1);
    }
    expect(spentUsd).toBeLessThanOrEqual(3 * maxPerUse.costUsd);
  },
);

test('an impossible cost stops its own key but is not counted as spending of the organisation', async () => {
  const { keysOf, service } = await testService({ monthlyBudgetUsd: 100 });
  const [bad, good] = await Promise.all(
    ['bad', 'good'].map(async (name) => (await keysOf('ada')).issue(spec({ name, budgetUsd: 10 }))),
  );
  await service.gate.record([
    use({ keyId: bad?.id ?? '', costUsd: 1e13 }),
    use({ keyId: good?.id ?? '', costUsd: 1 }),
  ]);
  const codes = await Promise.all(
    [bad, good].map(async (issued) => {
      const decision = await service.gate.examine({ key: issued?.secret.reveal() });
      return decision.allowed ? 'OK' : decision.code;
    }),
  );
  expect(codes).toEqual(['BUDGET_EXCEEDED', 'OK']);
});

test('counters stop at their maximum, and so do their sums', async () => {
  const { keysOf, service } = await testService();
  const ada = await keysOf('ada');
  const ids = await Promise.all(['one', 'other'].map(async (name) => (await ada.issue(spec({ name }))).id));
  const most = { requests: maxPerUse.requests, tokens: maxPerUse.tokens, costUsd: maxPerUse.costUsd };
  const full = ids.map((keyId) => use({ keyId, ...most }));
  for (let round = 0; round < 4; round++)
    await service.gate.record(Array.from({ length: 5000 }, () => full).flat());
  expect(await ada.usage({ by: 'key' })).toHaveLength(2);
  const [day] = await ada.usage({ by: 'day' });
  expect(Number.isSafeInteger(day?.tokens)).toBe(true);
  await service.gate.record(full);
  expect((await ada.get(ids[0] ?? '')).key.usage?.tokens).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
});

test('a rejected use is left out of its batch and reported', async () => {
  const { keysOf, service } = await testService();
  const ada = await keysOf('ada');
  const { id } = await ada.issue(spec());
  const uses = Array.from({ length: 9 }, (_, index) =>
    use({ keyId: index === 4 ? 'no-such-key' : id, tokens: 1 }),
  );
  const lost = await service.gate.record(uses);
  expect(lost.map(({ use }) => use.keyId)).toEqual(['no-such-key']);
  expect((await ada.get(id)).key.usage).toEqual({ requests: 8, tokens: 8 });
  expect(await collect(ada.logs({}))).toHaveLength(8);
});
