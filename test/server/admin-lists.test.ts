import { describe, expect, test } from 'vitest';
import { spec, use } from '../support/authority.ts';
import type { Answer } from '../support/authority-service.ts';
import { serving, testService } from '../support/authority-service.ts';

interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
}

async function start(organisation = {}) {
  const made = await testService(organisation);
  const server = await serving(made);
  return { ...made, ...server, ada: await server.token('ada') };
}

/** All items of a list, page by page; `between` happens after the first page. */
async function pagesOf<Item>(
  { call, ada: token }: Awaited<ReturnType<typeof start>>,
  address: string,
  between = () => {},
): Promise<Item[][]> {
  const pages: Item[][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer: Answer<Page<Item>> = await call('GET', address + cursor, { token });
    expect(answer.status).toBe(200);
    const { data, next_cursor } = answer.body;
    if (pages.push(data) === 1) between();
    cursor = next_cursor === null ? null : `&cursor=${next_cursor}`;
  }
  return pages;
}

describe('the list of keys', () => {
  test('contains each of 250 keys exactly once, newest first, even if keys are created meanwhile', async () => {
    const started = await start();
    const ada = await started.keysOf('ada');
    const made = await Promise.all(
      Array.from({ length: 250 }, async (_, at) => {
        // Many in one millisecond, so that a page ends among them.
        if (at % 7 === 0) started.clock.advance(1);
        return (await ada.issue(spec({ name: `ci-${at}` }))).id;
      }),
    );
    const pages = await pagesOf<{ id: string; created_at: string }>(
      started,
      '/admin/keys?limit=60',
      async () => {
        started.clock.advance(1);
        await ada.issue(spec({ name: 'meanwhile' }));
      },
    );
    expect(pages.map((page) => page.length)).toEqual([60, 60, 60, 60, 10]);
    const listed = pages.flat();
    expect(listed.map(({ id }) => id).sort()).toEqual(made.sort());
    const times = listed.map(({ created_at }) => created_at);
    expect(times).toEqual([...times].sort().reverse());
  });

  test('has 100 keys on a page, at most 200, and no page after the last', async () => {
    const started = await start();
    const ada = await started.keysOf('ada');
    for (let at = 0; at < 200; at++) await ada.issue(spec());
    expect((await pagesOf(started, '/admin/keys?')).map((page) => page.length)).toEqual([100, 100]);
    expect((await pagesOf(started, '/admin/keys?limit=200')).map((page) => page.length)).toEqual([200]);
  });

  test('of a user without keys is empty', async () => {
    const { call, ada: token } = await start();
    const answer = await call('GET', '/admin/keys', { token });
    expect([answer.status, answer.body]).toEqual([200, { data: [], next_cursor: null }]);
  });

  test('is searched and filtered, even over several pages', async () => {
    const started = await start();
    const ada = await started.keysOf('ada');
    for (let at = 0; at < 6; at++)
      await ada.issue(spec({ name: `bot ${at}`, description: at < 4 ? 'Nightly' : null }));
    await ada.issue(spec({ name: 'other' }));
    for (const { key } of await ada.list({ search: 'bot 0' })) await ada.revoke(key.id);
    const namesIn = async (query: string) => {
      const pages = await pagesOf<{ name: string }>(started, `/admin/keys?${query}`);
      return pages
        .flat()
        .map(({ name }) => name)
        .sort();
    };
    expect(await namesIn('search=nightly&limit=2')).toEqual(['bot 0', 'bot 1', 'bot 2', 'bot 3']);
    expect(await namesIn('search=nightly&status=active&limit=1')).toEqual(['bot 1', 'bot 2', 'bot 3']);
    expect(await namesIn('status=revoked')).toEqual(['bot 0']);
    expect(await namesIn('search=nobody')).toEqual([]);
  });
});

describe('the log', () => {
  const at = (minute: number) => Date.parse('2026-11-20T10:00:00Z') + minute * 60_000;

  /** Two keys, and five uses of them. */
  async function used() {
    const started = await start();
    const ada = await started.keysOf('ada');
    const [one, other] = [
      (await ada.issue(spec({ name: 'one' }))).id,
      (await ada.issue(spec({ name: 'other' }))).id,
    ];
    await started.service.gate.record([
      use({
        keyId: one,
        at: at(0),
        path: '/v1/chat',
        tokens: 7,
        costUsd: 0.25,
        model: 'small',
        ip: '10.0.0.1',
      }),
      use({ keyId: one, at: at(1), path: '/v1/models', method: 'GET' }),
      use({ keyId: other, at: at(2), statusCode: 429, requests: 0 }),
      use({ keyId: one, at: at(3), statusCode: 403, requests: 0 }),
      use({ keyId: other, at: at(3), path: '/v1/chat/other' }),
    ]);
    return { ...started, one, other };
  }

  test('contains every use in full, newest first', async () => {
    const started = await used();
    const { data } = (await started.call<Page<object>>('GET', '/admin/logs', { token: started.ada })).body;
    expect(data).toHaveLength(5);
    expect(data[4]).toEqual({
      timestamp: '2026-11-20T10:00:00.000Z',
      method: 'POST',
      path: '/v1/chat',
      status_code: 200,
      key_id: started.one,
      ip: '10.0.0.1',
      model: 'small',
      requests: 1,
      tokens: 7,
      cost_usd: 0.25,
    });
    expect(data[3]).toMatchObject({ ip: null, model: null });
  });

  test('contains each use exactly once over several pages, even simultaneous ones', async () => {
    const started = await used();
    const pages = await pagesOf<{ timestamp: string; path: string }>(started, '/admin/logs?limit=2');
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat().map((entry) => JSON.stringify(entry))).size).toBe(5);
  });

  test.each([
    ['key_id=ONE', [3, 1, 0]],
    ['since=2026-11-20T10:03:00Z', [3, 3]],
    ['since=2026-11-20T11:02:00%2B01:00&until=2026-11-20T11:02:00%2B01:00', [2]],
    ['until=2026-11-20T10:01:00Z', [1, 0]],
    ['status=429', [2]],
    ['status=4xx', [3, 2]],
    ['method=get', [1]],
    ['path_prefix=/v1/chat', [3, 3, 2, 0]],
    ['key_id=ONE&status=2xx&method=POST', [0]],
    ['key_id=nobody', []],
  ])('is filtered by %s', async (query, minutes) => {
    const started = await used();
    const pages = await pagesOf<{ timestamp: string }>(
      started,
      `/admin/logs?${query.replace('ONE', started.one)}`,
    );
    expect(pages.flat().map(({ timestamp }) => (Date.parse(timestamp) - at(0)) / 60_000)).toEqual(minutes);
  });

  test('of another user is empty, and an admin sees all', async () => {
    const started = await used();
    const seenBy = async (user: string) =>
      (await started.call<Page<object>>('GET', '/admin/logs', { token: await started.token(user) })).body.data
        .length;
    expect([await seenBy('bob'), await seenBy('admin')]).toEqual([0, 5]);
  });
});

describe('the usage', () => {
  async function used() {
    const started = await start();
    const [ada, bob] = [await started.keysOf('ada'), await started.keysOf('bob')];
    const [hers, his] = [
      (await ada.issue(spec({ name: 'hers' }))).id,
      (await bob.issue(spec({ name: 'his' }))).id,
    ];
    await started.service.gate.record([
      use({ keyId: hers, at: Date.parse('2026-11-18T23:59:59.999Z'), tokens: 5, costUsd: 0.1 }),
      use({ keyId: hers, at: Date.parse('2026-11-19T00:00:00.000Z'), tokens: 7, costUsd: 0.2 }),
      use({ keyId: his, at: Date.parse('2026-11-19T12:00:00.000Z'), costUsd: 1 }),
    ]);
    const sums = async (query: string, token = started.ada) =>
      (await started.call<{ data: object[] }>('GET', `/admin/usage${query}`, { token })).body.data;
    return { ...started, hers, his, sums };
  }

  test('is summed by key, and by day', async () => {
    const { sums, hers } = await used();
    const all = { key_id: hers, name: 'hers', requests: 2, tokens: 12, spent_usd: 0.3 };
    expect([await sums(''), await sums('?by=key')]).toEqual([[all], [all]]);
    expect(await sums('?by=day')).toEqual([
      { date: '2026-11-18', requests: 1, tokens: 5, spent_usd: 0.1 },
      { date: '2026-11-19', requests: 1, tokens: 7, spent_usd: 0.2 },
    ]);
  });

  test('can be limited to a time and a key, and covers all users for an admin', async () => {
    const { sums, token, hers, his } = await used();
    const admin = await token('admin');
    expect(await sums('?since=2026-11-19')).toMatchObject([{ tokens: 7 }]);
    expect(await sums('?since=2026-11-20')).toEqual([]);
    expect(await sums(`?key_id=${his}`)).toEqual([]);
    expect(await sums('', admin)).toMatchObject([{ key_id: his }, { key_id: hers }]);
    expect(await sums(`?key_id=${his}&by=day`, admin)).toMatchObject([{ date: '2026-11-19', spent_usd: 1 }]);
  });
});
