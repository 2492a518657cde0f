import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Admission } from '../../../src/authority/decision.ts';
import type { DatabasePool } from '../../../src/authority/postgres/database-pool.ts';
import { SlotBook } from '../../../src/authority/postgres/slot-book.ts';

const admission: Admission = {
  allowed: true,
  keyId: 'busy',
  keyName: 'busy',
  models: null,
  limit: 60_000,
  budgetLeftUsd: null,
};

type Request = [keyId: string, limit: number, wanted: number, extra: number];

/** A book before a database that answers `answer` after a moment, and what it was asked. */
function bookBefore(answer: (request: Request) => { granted: number; leased: number } | Error, delayMs = 0) {
  const asked: Request[][] = [];
  const query = async (_: string, [text]: [string]) => {
    const requests = JSON.parse(text) as Request[];
    asked.push(requests);
    if (delayMs > 0) await sleep(delayMs);
    const rows = requests.map((request) => {
      const outcome = answer(request);
      if (outcome instanceof Error) throw outcome;
      return { key: request[0], before: 0, frees_at: 0, moment: 0, ...outcome };
    });
    return { rows };
  };
  const pool = { use: (work: (session: object) => unknown) => work({ query }) } as unknown as DatabasePool;
  return { book: new SlotBook(pool, undefined), asked };
}

test('a lease holds no more than the server has just used: what it does not use is lost to the others', async () => {
  const { book, asked } = bookBefore(([, , granted, leased]) => ({ granted, leased }));
  let used = 0;
  for (let round = 0; round < 30; round++) {
    used += 4;
    await book.reserve(Array(4).fill(admission));
    // A hundredth of the limit would be 600.
    expect(asked.at(-1)?.[0]?.[3]).toBeLessThanOrEqual(used);
    await sleep(5);
  }
  expect(Math.max(...asked.map(([request]) => request?.[3] ?? 0))).toBeGreaterThan(1);
  expect(asked.length).toBeLessThan(30);
});

test('what needs slots of a key during a round trip asks together after it, first come, first served', async () => {
  const { book, asked } = bookBefore(([, , wanted]) => ({ granted: Math.min(wanted, 5), leased: 0 }), 30);
  const batches = Array.from({ length: 4 }, () => book.reserve(Array(3).fill(admission)));
  const other = book.reserve([{ ...admission, keyId: 'other' }]);
  const granted = (await Promise.all(batches)).map((batch) => batch.filter(({ allowed }) => allowed).length);
  // The first batch alone, then the other nine uses, of which five get a slot.
  expect(granted).toEqual([3, 3, 2, 0]);
  expect((await other)[0]?.allowed).toBe(true);
  expect(asked.map((requests) => requests.map(([keyId, , wanted]) => `${keyId} ${wanted}`))).toEqual([
    ['busy 3'],
    ['other 1'],
    ['busy 9'],
  ]);
});

test('a limit that has changed is asked for by itself', async () => {
  const { book, asked } = bookBefore(([, , granted]) => ({ granted, leased: 0 }), 10);
  await Promise.all([100, 100, 50].map((limit) => book.reserve([{ ...admission, limit }])));
  expect(asked.map(([request]) => request?.slice(1, 3))).toEqual([
    [100, 1],
    [100, 1],
    [50, 1],
  ]);
});

test('if the database cannot be asked, nothing waits for it any longer', async () => {
  const { book, asked } = bookBefore(() => new Error('gone'), 30);
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => book.reserve([admission])));
  expect(outcomes.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  expect(asked).toHaveLength(1);
  await expect(book.reserve([admission])).rejects.toThrow('gone');
});
