import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Decision } from '../../../src/authority/decision.ts';
import type { DatabasePool } from '../../../src/authority/postgres/database-pool.ts';
import { SlotBook } from '../../../src/authority/postgres/slot-book.ts';

const admission: Decision = {
  allowed: true,
  keyId: 'busy',
  keyName: 'busy',
  models: null,
  limit: 60_000,
  budgetLeftUsd: null,
};

test('a lease holds no more than the server has just used: what it does not use is lost to the others', async () => {
  const leases: number[] = [];
  const query = async (_: string, [requests]: [string]) => {
    const [[, , wanted, extra] = []] = JSON.parse(requests) as [string, number, number, number][];
    leases.push(extra ?? 0);
    const row = { key: 'busy', granted: wanted, leased: extra, before: 0, frees_at: 0, moment: 0 };
    return { rows: [row] };
  };
  const pool = { use: (work: (session: object) => unknown) => work({ query }) } as unknown as DatabasePool;
  const book = new SlotBook(pool, undefined);
  let used = 0;
  for (let round = 0; round < 30; round++) {
    used += 4;
    await book.reserve(Array(4).fill(admission));
    // A hundredth of the limit would be 600.
    expect(leases.at(-1)).toBeLessThanOrEqual(used);
    await sleep(5);
  }
  expect(Math.max(...leases)).toBeGreaterThan(1);
  expect(leases.length).toBeLessThan(30);
});
