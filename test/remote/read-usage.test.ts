import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UsageQuery, UsageRow } from '../../src/keys/ports.ts';
import { openrouter } from '../../src/providers/built-in/openrouter.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { runs } from '../support/runs.ts';
import { remoteOf } from './remote-of.ts';

/* Usage of an API that does not total it as requested: buckets of a day, each with totals of several keys. */

const usage: NonNullable<Provider['usage']> = {
  get: '/usage',
  query: { start: '{since:epochSeconds}', key: '{keyId}' },
  items: 'data',
  rows: 'results',
  paging: { by: 'cursor', cursor: 'page', size: 31, next: 'next_page', more: 'has_more' },
  row: {
    keyId: 'key',
    date: { at: 'start', as: 'epochSeconds' },
    requests: 'requests',
    tokens: { sum: ['input', 'cache.read', 'output'] },
    spentUsd: { at: 'cents', as: 'cents' },
  },
};
const buckets: Provider = { ...openrouter, usage };

const day = (date: string) => Date.parse(date) / 1000;
const result = { key: 'k1', requests: 1, input: 10, cache: { read: 5 }, output: 1, cents: '12.5' };

function bucket(date: string, ...results: object[]) {
  return { start: day(date), end: day(date) + 86_400, results };
}

interface Totals {
  rows: UsageRow[];
  paths: string[];
  warnings: string[];
}

async function usageOf(query: UsageQuery, pages: object[], provider = buckets): Promise<Totals> {
  const server = await FaultServer.start();
  const answers = pages.map((page, index) => {
    const isLast = index === pages.length - 1;
    return json(200, { has_more: !isLast, next_page: isLast ? null : `p${index + 2}`, ...page });
  });
  server.always('GET /usage', (response, request) => {
    const page = Number(new URL(request.path, 'http://host').searchParams.get('page')?.slice(1) ?? 1);
    answers[page - 1]?.(response, request);
  });
  const { backend, warnings } = remoteOf(provider, server);
  const rows = await backend.usage(query);
  return { rows, paths: server.received.map(({ path }) => path), warnings };
}

test('the totals of buckets are added up by key or by day', async () => {
  const data = [
    bucket('2026-11-18', result, { ...result, key: 'k2', requests: 4, cents: 100 }),
    bucket('2026-11-19'),
    bucket('2026-11-20', result),
  ];
  const { rows } = await usageOf({ by: 'key' }, [{ data }]);
  expect(rows).toEqual([
    { keyId: 'k2', requests: 4, tokens: 16, spentUsd: 1 },
    { keyId: 'k1', requests: 2, tokens: 32, spentUsd: 0.25 },
  ]);
  expect((await usageOf({ by: 'day' }, [{ data }])).rows).toEqual([
    { date: '2026-11-18', requests: 5, tokens: 32, spentUsd: 1.125 },
    { date: '2026-11-20', requests: 1, tokens: 16, spentUsd: 0.125 },
  ]);
});

test('a start is requested from the beginning of its day, and older days do not count', async () => {
  const query: UsageQuery = { by: 'key', since: new Date('2026-11-19T17:00:00Z'), keyId: 'k1' };
  const data = [bucket('2026-11-18', result), bucket('2026-11-19', result, { ...result, key: 'k2' })];
  const { rows, paths } = await usageOf(query, [{ data }]);
  expect(paths).toEqual([`/usage?start=${day('2026-11-19')}&key=k1`]);
  expect(rows).toEqual([{ keyId: 'k1', requests: 1, tokens: 16, spentUsd: 0.125 }]);
});

test('the use of no key has null as its id', async () => {
  const data = [bucket('2026-11-18', { ...result, key: null }, { ...result, key: '' }, result)];
  const { rows } = await usageOf({ by: 'key' }, [{ data }]);
  expect(rows.map(({ keyId, requests }) => [keyId, requests])).toEqual([
    [null, 2],
    ['k1', 1],
  ]);
});

test('a number may be a string', async () => {
  const written = { ...result, requests: '3', input: '10', output: '7', cents: '0.5' };
  const { rows } = await usageOf({ by: 'key' }, [{ data: [bucket('2026-11-18', written)] }]);
  expect(rows).toEqual([{ keyId: 'k1', requests: 3, tokens: 22, spentUsd: 0.005 }]);
});

test('a hundred pages are read', async () => {
  const pages = Array.from({ length: 100 }, (_, index) => {
    const date = new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10);
    return { data: [bucket(date, result)] };
  });
  const { rows, paths } = await usageOf({ by: 'key' }, pages);
  expect(rows).toEqual([{ keyId: 'k1', requests: 100, tokens: 1600, spentUsd: 12.5 }]);
  expect(paths).toHaveLength(100);
  expect(paths[1]).toBe('/usage?page=p2');
});

test.each<[what: string, pages: object[], message: string]>([
  [
    'a bucket that comes twice',
    [
      { data: [bucket('2026-11-18', result)] },
      { data: [bucket('2026-11-18', { ...result, requests: 2 }), bucket('2026-11-19', result)] },
    ],
    'the bucket data[0] was returned before',
  ],
  [
    'a page that comes twice',
    [{ data: [bucket('2026-11-18', result)] }, { data: [bucket('2026-11-18', result)] }],
    'the server returned the same page twice',
  ],
  [
    'a further page without its name',
    [{ data: [bucket('2026-11-18', result)], has_more: true }],
    'says that there are more, but not how to get them',
  ],
  ['a bucket without totals', [{ data: [{ start: day('2026-11-18') }] }], 'data[0] has no list results'],
  [
    'a bucket whose totals are null',
    [{ data: [{ start: day('2026-11-18'), results: null }] }],
    'data[0].results is not a list',
  ],
  ['a total that is no object', [{ data: [{ results: [7] }] }], 'data[0].results[0] is not an object'],
  [
    'a total without a day',
    [{ data: [{ results: [result] }] }],
    'data[0].results[0] is not a total by key with a date',
  ],
  [
    'a total without its key',
    [{ data: [bucket('2026-11-18', { requests: 1 })] }],
    'data[0].results[0] is not a total by key with the field key',
  ],
  [
    'a total without a count',
    [{ data: [bucket('2026-11-18', { key: 'k1', input: 1 })] }],
    'data[0].results[0] is not a total by key with the field requests',
  ],
  [
    'a number that is none',
    [{ data: [bucket('2026-11-18', { ...result, cents: 'free' })] }],
    'data[0].results[0].cents is not a number',
  ],
])('%s is a failure, not a wrong total', async (_, pages, message) => {
  const failure = await failureIn(usageOf({ by: 'key' }, pages));
  expect(failure.exit).toBe('network');
  expect(failure.message).toContain(message);
});

test('pages that end before the declared total are a failure', async () => {
  const paging = { by: 'offset', offset: 'skip', limit: 'limit', size: 2, total: 'total' } as const;
  const { paging: _, ...rest } = usage;
  const provider = { ...buckets, usage: { ...rest, paging } };
  const page = { data: [bucket('2026-11-18', result)], total: 3, has_more: false };
  const server = await FaultServer.start();
  server.on('GET /usage?limit=2', json(200, page));
  server.on('GET /usage?limit=2&skip=1', json(200, { ...page, data: [] }));
  const failure = await failureIn(remoteOf(provider, server).backend.usage({ by: 'key' }));
  expect(failure.message).toMatchInlineSnapshot(
    `"the API reports 3 totals but returned 1, so the list would be incomplete"`,
  );
});

test('a count in the bucket is not taken for the count of its totals', async () => {
  const data = [{ ...bucket('2026-11-18', { key: 'k1' }, { key: 'k2' }), requests: 7 }];
  expect(await failureIn(usageOf({ by: 'key' }, [{ data }]))).toMatchObject({ code: 'unexpected_answer' });
});

test('an API that was told the key must say which key a total is of', async () => {
  const data = [bucket('2026-11-18', { ...result, key: null })];
  const failure = await failureIn(usageOf({ by: 'day', keyId: 'k1' }, [{ data }]));
  expect(failure.message).toContain('data[0].results[0] is not a total of the requested key');
});

test('a counter that only a part of the usage has is left out, with a warning', async () => {
  const data = [bucket('2026-11-18', result, { ...result, cache: { read: null } })];
  const { rows, warnings } = await usageOf({ by: 'key' }, [{ data }]);
  expect(rows).toEqual([{ keyId: 'k1', requests: 2, spentUsd: 0.25 }]);
  expect(warnings).toEqual([
    'the API reports tokens for only a part of the usage; totals without them are left out',
  ]);
});

test('an API that ignores the key it is asked about is found out', async () => {
  const server = await FaultServer.start();
  const total = { date: '2026-11-19', requests: 2, usage: 1, prompt_tokens: 1, completion_tokens: 1 };
  const keys = ['h1', 'h2'].map((hash) => ({ hash, name: hash, disabled: false }));
  server.on('GET /keys?include_disabled=true', json(200, { data: keys }));
  for (const query of ['?api_key_hash=h1', '?api_key_hash=h2', ''])
    server.on(`GET /activity${query}`, json(200, { data: [total] }));
  const failure = await failureIn(remoteOf(openrouter, server).backend.usage({ by: 'key' }));
  expect(failure).toMatchObject({ code: 'unexpected_answer', exit: 'network' });
  expect(failure.message).toMatchInlineSnapshot(
    `"the API reports more use for its keys together than in all, so it does not tell them apart; no totals by key can be shown"`,
  );
});

test('the days add up to as much as the keys, and to all that was reported', async () => {
  const total = fc.record({
    key: fc.constantFrom('k1', 'k2', 'k3', null),
    requests: fc.nat(1_000_000),
    input: fc.nat(1_000_000),
    cache: fc.record({ read: fc.nat(1_000_000) }),
    output: fc.nat(1_000_000),
    cents: fc.nat(10_000_000).map((cents) => (cents / 1000).toFixed(3)),
  });
  const days = fc.array(fc.array(total, { maxLength: 5 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(days, async (totals) => {
      const data = totals.map((results, index) => bucket(`2026-11-0${index + 1}`, ...results));
      const [byKey, byDay] = await Promise.all([
        usageOf({ by: 'key' }, [{ data }]),
        usageOf({ by: 'day' }, [{ data }]),
      ]);
      const sum = (rows: readonly UsageRow[], counter: 'requests' | 'tokens' | 'spentUsd') =>
        rows.reduce((all, row) => all + (row[counter] ?? Number.NaN), 0);
      for (const counter of ['requests', 'tokens', 'spentUsd'] as const)
        expect(sum(byKey.rows, counter)).toBeCloseTo(sum(byDay.rows, counter), 6);
      const all = totals.flat();
      expect(sum(byKey.rows, 'requests')).toBe(all.reduce((count, { requests }) => count + requests, 0));
      expect(sum(byDay.rows, 'spentUsd')).toBeCloseTo(
        all.reduce((cents, one) => cents + Number(one.cents), 0) / 100,
        6,
      );
    }),
    runs(30),
  );
});
