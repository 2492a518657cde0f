import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/authority/sqlite/open-database.ts';
import type { LogQuery } from '../../src/keys/ports.ts';
import { recordUse, spec, testAuthority, use } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { collect } from '../support/collect.ts';
import { fileTest } from '../support/stores.ts';

/** An authority with two keys, and a function to record their uses. */
async function metered() {
  const { authority, gate, clock } = await testAuthority();
  const [ci, web] = [await authority.create(spec()), await authority.create(spec({ name: 'web' }))];
  const record = async (time: string, fields: Partial<ReturnType<typeof use>> = {}) => {
    clock.set(time);
    await recordUse(gate, use({ keyId: ci.key.id, ...fields }));
  };
  const key = async (id: string) => (await authority.list()).find((one) => one.id === id);
  return { authority, gate, record, key, ci: ci.key.id, web: web.key.id };
}

describe('the counters of a key', () => {
  test('grow with every use, and remember the last one', async () => {
    const { record, key, ci, web } = await metered();
    await record('2026-11-20T12:00:00.000Z', { tokens: 100, costUsd: 0.5, ip: '192.0.2.1' });
    await record('2026-11-20T12:00:05.000Z', { requests: 2, tokens: 23, costUsd: 0.25, ip: '192.0.2.2' });
    expect(await key(ci)).toMatchObject({
      usage: { requests: 3, tokens: 123 },
      spentUsd: 0.75,
      lastUsedAt: '2026-11-20T12:00:05.000Z',
      lastUsedIp: '192.0.2.2',
    });
    expect(await key(web)).toMatchObject({
      usage: { requests: 0, tokens: 0 },
      spentUsd: 0,
      lastUsedAt: null,
    });
  });

  test('keep the last known address if a use has none', async () => {
    const { record, key, ci } = await metered();
    await record('2026-11-20T12:00:00.000Z', { ip: '192.0.2.1' });
    await record('2026-11-20T12:00:01.000Z');
    expect(await key(ci)).toMatchObject({ lastUsedIp: '192.0.2.1', lastUsedAt: '2026-11-20T12:00:01.000Z' });
  });

  test('count equal uses one by one, and the log has a row of each', async () => {
    const { service, keysOf } = await testService();
    const keys = await keysOf('ada');
    const [one, other] = [(await keys.issue(spec())).id, (await keys.issue(spec())).id];
    const refused = { statusCode: 429, requests: 0, path: '/refused' };
    const lost = await service.gate.record([
      use({ keyId: one, times: 3 }),
      use({ keyId: other, times: 2, path: '/other' }),
      use({ keyId: one, times: 4, ...refused }),
      use({ keyId: one, times: 5, unlogged: true }),
      use({ keyId: 'nobody', times: 6 }),
      use({ keyId: other, path: '/last' }),
    ]);
    expect(lost).toMatchObject([{ use: { keyId: 'nobody' } }]);
    expect((await keys.usage({ by: 'key' })).map(({ requests, refused }) => [requests, refused])).toEqual([
      [8, 4],
      [3, undefined],
    ]);
    const rows = (await collect(keys.logs({}))).map(({ entry }) => entry.path);
    const chat = Array.from({ length: 3 }, () => '/v1/chat');
    const refusals = Array.from({ length: 4 }, () => '/refused');
    expect(rows).toEqual(['/last', ...refusals, '/other', '/other', ...chat]);
  });

  test('stay exact to a millionth of a dollar after many additions', async () => {
    const { authority, record, key, ci } = await metered();
    const cost = fc.integer({ min: 0, max: 5_000_000 });
    let total = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(cost, { minLength: 1, maxLength: 5 }), async (micros) => {
        for (const amount of micros) await record('2026-11-20T12:00:00.000Z', { costUsd: amount / 1e6 });
        total += micros.reduce((sum, amount) => sum + amount);
      }),
      { numRuns: 40 },
    );
    expect((await key(ci))?.spentUsd).toBe(total / 1e6);
    expect((await authority.usage({ by: 'key' }))[0]?.spentUsd).toBe(total / 1e6);
  });
});

describe('usage', () => {
  async function used() {
    const world = await metered();
    const { record, web } = world;
    await record('2026-11-18T23:59:59.999Z', { tokens: 1, costUsd: 1 });
    await record('2026-11-19T00:00:00.000Z', { tokens: 10, costUsd: 0.1 });
    await record('2026-11-19T18:00:00.000Z', { keyId: web, tokens: 100, costUsd: 3 });
    await record('2026-11-20T12:00:00.000Z', { tokens: 1000, costUsd: 0.01 });
    return world;
  }

  test('by key, highest spending first', async () => {
    const { authority, ci, web } = await used();
    expect(await authority.usage({ by: 'key' })).toEqual([
      { keyId: web, name: 'web', requests: 1, tokens: 100, spentUsd: 3 },
      { keyId: ci, name: 'ci', requests: 3, tokens: 1011, spentUsd: 1.11 },
    ]);
  });

  test('by day in UTC, the oldest first', async () => {
    const { authority } = await used();
    expect(await authority.usage({ by: 'day' })).toEqual([
      { date: '2026-11-18', requests: 1, tokens: 1, spentUsd: 1 },
      { date: '2026-11-19', requests: 2, tokens: 110, spentUsd: 3.1 },
      { date: '2026-11-20', requests: 1, tokens: 1000, spentUsd: 0.01 },
    ]);
  });

  test('since a day, including all of that day', async () => {
    const { authority } = await used();
    const since = new Date('2026-11-19T17:00:00Z');
    expect((await authority.usage({ by: 'day', since })).map(({ date }) => date)).toEqual([
      '2026-11-19',
      '2026-11-20',
    ]);
    expect((await authority.usage({ by: 'key', since })).map(({ spentUsd }) => spentUsd)).toEqual([3, 0.11]);
  });

  test('of one key', async () => {
    const { authority, web } = await used();
    expect(await authority.usage({ by: 'day', keyId: web })).toEqual([
      { date: '2026-11-19', requests: 1, tokens: 100, spentUsd: 3 },
    ]);
    expect(await authority.usage({ by: 'key', keyId: web })).toHaveLength(1);
    expect(await authority.usage({ by: 'key', keyId: 'nobody' })).toEqual([]);
  });
});

describe('the log', () => {
  async function logged() {
    const world = await metered();
    const { authority, record, web } = world;
    await record('2026-11-20T10:00:00.000Z', { path: '/v1/chat', model: 'small', tokens: 7, costUsd: 0.002 });
    await record('2026-11-20T11:00:00.000Z', {
      path: '/v1/models',
      method: 'GET',
      statusCode: 429,
      requests: 0,
    });
    await record('2026-11-20T11:00:00.000Z', {
      path: '/v1/%_',
      statusCode: 404,
      keyId: web,
      ip: '192.0.2.7',
    });
    await record('2026-11-20T12:00:00.000Z', { path: '/v2/chat', statusCode: 500 });
    const paths = async (query: LogQuery) => (await collect(authority.logs(query))).map(({ path }) => path);
    return { ...world, paths };
  }

  test('has a row for every use, with all its fields', async () => {
    const { authority, ci } = await logged();
    expect((await collect(authority.logs({}))).at(-1)).toEqual({
      timestamp: '2026-11-20T10:00:00.000Z',
      method: 'POST',
      path: '/v1/chat',
      statusCode: 200,
      keyId: ci,
      model: 'small',
      requests: 1,
      tokens: 7,
      costUsd: 0.002,
    });
  });

  test('is newest first, and within one millisecond last written first', async () => {
    expect(await (await logged()).paths({})).toEqual(['/v2/chat', '/v1/%_', '/v1/models', '/v1/chat']);
  });

  test.each<[string, LogQuery, string[]]>([
    [
      'from a moment on',
      { since: new Date('2026-11-20T11:00:00.000Z') },
      ['/v2/chat', '/v1/%_', '/v1/models'],
    ],
    ['up to a moment', { until: new Date('2026-11-20T11:00:00.000Z') }, ['/v1/%_', '/v1/models', '/v1/chat']],
    ['one millisecond later', { since: new Date('2026-11-20T11:00:00.001Z') }, ['/v2/chat']],
    ['one status', { status: '404' }, ['/v1/%_']],
    ['a class of status', { status: '4xx' }, ['/v1/%_', '/v1/models']],
    ['a class in capitals', { status: '5XX' }, ['/v2/chat']],
    ['a method', { method: 'GET' }, ['/v1/models']],
    ['the start of a path', { pathPrefix: '/v1' }, ['/v1/%_', '/v1/models', '/v1/chat']],
    ['the start of a path with wildcards of SQL', { pathPrefix: '/v1/%' }, ['/v1/%_']],
    ['two things at once', { status: '4xx', method: 'POST' }, ['/v1/%_']],
    ['a key that has none', { keyId: 'nobody' }, []],
  ])('is narrowed to %s', async (_, query, expected) => {
    expect(await (await logged()).paths(query)).toEqual(expected);
  });

  test('can be limited to a path prefix with characters beyond the basic plane', async () => {
    const { record, paths } = await logged();
    await record('2026-11-20T13:00:00.000Z', { path: '/🗝/door' });
    expect(await paths({ pathPrefix: '/🗝' })).toEqual(['/🗝/door']);
  });

  test('can be limited to one key', async () => {
    const { paths, web } = await logged();
    expect(await paths({ keyId: web })).toEqual(['/v1/%_']);
  });

  test('a use without a key is refused and leaves no trace', async () => {
    const { gate, paths } = await logged();
    await expect(recordUse(gate, use({ keyId: 'nobody' }))).rejects.toMatchObject({ name: 'KeysError' });
    expect(await paths({})).toHaveLength(4);
  });
});

fileTest('what all keys have spent in a month is the sum of its days', async () => {
  const { authority, gate, path } = await testAuthority();
  const ids = [];
  for (const name of ['one', 'other']) ids.push((await authority.create(spec({ name }))).key.id);
  const spend = (keyId: string | undefined, time: string, costUsd: number) =>
    use({ keyId: keyId ?? '', at: Date.parse(time), costUsd });
  const [one, other] = ids;
  await gate.record([
    spend(one, '2026-10-31T23:59:59.999Z', 0.5),
    spend(one, '2026-11-01T00:00:00.000Z', 0.25),
    spend(other, '2026-11-20T12:00:00.000Z', 1),
    spend('unknown', '2026-11-20T12:00:00.000Z', 1),
    spend(other, '2026-12-01T00:00:00.000Z', 0),
  ]);
  await gate.record([spend(one, '2026-11-01T00:00:00.000Z', 2)]);
  const connection = openDatabase(path, 1000);
  const spending = connection.all('SELECT month, micros FROM spending ORDER BY month');
  const days = connection.all(
    `SELECT substr(day, 1, 7) AS month, SUM(spent_micros) AS micros FROM usage_days WHERE spent_micros > 0 GROUP BY 1`,
  );
  connection.close();
  expect(spending).toMatchObject([
    { month: '2026-10', micros: 500_000 },
    { month: '2026-11', micros: 3_250_000 },
  ]);
  expect(days).toEqual(spending);
});
