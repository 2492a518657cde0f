import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Paging } from '../../src/providers/declaration/paging.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { defaultMaxListLength, readPages } from '../../src/remote/read-pages.ts';
import { collect } from '../support/collect.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { runs } from '../support/runs.ts';
import { remoteOf } from './remote-of.ts';

/** Unreal AI with paging. */
function paged(paging: Paging): Provider {
  return { ...unreal, list: { get: '/v1/keys', items: 'keys', paging } };
}

function keys(...names: string[]) {
  return names.map((name) => ({ name, hash: name, created: 0 }));
}

async function listed(provider: Provider, script: (server: FaultServer) => void): Promise<string[]> {
  const server = await FaultServer.start();
  script(server);
  return (await remoteOf(provider, server).backend.list()).map(({ id }) => id);
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  const error = await work.catch((reason: unknown) => reason);
  return error instanceof KeysError ? error.failure.code : undefined;
}

test('pages by offset end at the total', async () => {
  const provider = paged({ by: 'offset', offset: 'offset', limit: 'limit', size: 2, total: 'total' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys?limit=2', json(200, { keys: keys('a', 'b'), total: 3 }));
    server.on('GET /v1/keys?limit=2&offset=2', json(200, { keys: keys('c'), total: 3 }));
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('without a total, pages by offset end at a short or empty page', async () => {
  const provider = paged({ by: 'offset', offset: 'offset', size: 2 });
  const short = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a', 'b') }));
    server.on('GET /v1/keys?offset=2', json(200, { keys: keys('c') }));
  });
  const empty = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a', 'b') }));
    server.on('GET /v1/keys?offset=2', json(200, { keys: [] }));
  });
  expect([short, empty]).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b'],
  ]);
});

test('pages by number start at 1', async () => {
  const provider = paged({ by: 'page', page: 'page', limit: 'limit', size: 1, total: 'total' });
  const ids = await listed(provider, (server) => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      server.on(`GET /v1/keys?limit=1&page=${index + 1}`, json(200, { keys: keys(name), total: 3 }));
    }
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('a Link header is followed verbatim', async () => {
  const provider = paged({ by: 'link', limit: 'per_page', size: 100 });
  const server = await FaultServer.start();
  const link = `<${server.origin}/other?cursor=x%2Fy>; rel="next", <${server.origin}/last>; rel="last"`;
  server.on('GET /v1/keys?per_page=100', json(200, { keys: keys('a') }, { link }));
  server.on('GET /other?cursor=x%2Fy', json(200, { keys: keys('b') }, { link: '</first>; rel="first"' }));
  expect((await remoteOf(provider, server).backend.list()).map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a Link header whose link says that it leads nowhere ends the list', async () => {
  const provider = paged({ by: 'link', more: 'results' });
  const server = await FaultServer.start();
  const linkTo = (page: number, results: boolean) =>
    `</v1/keys?cursor=0:0:1>; rel="previous"; results="true"; cursor="0:0:1", </v1/keys?cursor=0:${page}:0>; rel="next"; results="${results}"; cursor="0:${page}:0"`;
  server.on('GET /v1/keys', json(200, { keys: keys('a') }, { link: linkTo(100, true) }));
  server.on('GET /v1/keys?cursor=0:100:0', json(200, { keys: keys('b') }, { link: linkTo(200, false) }));
  expect((await remoteOf(provider, server).backend.list()).map(({ id }) => id)).toEqual(['a', 'b']);
});

test('an empty object is an empty list only if the API leaves an empty list out', async () => {
  const provider = paged({ by: 'url', next: 'next' });
  const omitting = { ...provider, list: { ...provider.list, omitted: true as const } };
  expect(await listed(omitting, (server) => server.on('GET /v1/keys', json(200, {})))).toEqual([]);
  await expect(
    listed(omitting, (server) => server.on('GET /v1/keys', json(200, { token: 'x' }))),
  ).rejects.toThrow('list keys');
  await expect(listed(provider, (server) => server.on('GET /v1/keys', json(200, {})))).rejects.toThrow(
    'list keys',
  );
});

test('a next URL in the answer is followed until it is empty', async () => {
  const provider = paged({ by: 'url', next: 'urls.next' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a'), urls: { next: '/v1/keys?page=2' } }));
    server.on('GET /v1/keys?page=2', json(200, { keys: keys('b'), urls: { next: '' } }));
  });
  expect(ids).toEqual(['a', 'b']);
});

test.each([[''], [null], [undefined]])('a cursor is followed until it is %j', async (end) => {
  const provider = paged({ by: 'cursor', cursor: 'after', limit: 'limit', size: 2, next: 'page.next' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys?limit=2', json(200, { keys: keys('a', 'b'), page: { next: 'x/y=&' } }));
    // An empty page need not be the last one.
    server.on('GET /v1/keys?limit=2&after=x%2Fy%3D%26', json(200, { keys: [], page: { next: 7 } }));
    server.on('GET /v1/keys?limit=2&after=7', json(200, { keys: keys('c'), page: { next: end } }));
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('an invalid or repeated cursor fails the list', async () => {
  const provider = paged({ by: 'cursor', cursor: 'after', size: 2, next: 'next' });
  const [odd, around] = [await FaultServer.start(), await FaultServer.start()];
  odd.on('GET /v1/keys', json(200, { keys: keys('a', 'b'), next: { after: 'b' } }));
  around.on('GET /v1/keys', json(200, { keys: keys('a', 'b'), next: 'b' }));
  around.on('GET /v1/keys?after=b', json(200, { keys: keys('c', 'd'), next: 'b' }));
  expect(await codeOf(remoteOf(provider, odd).backend.list())).toBe('unexpected_answer');
  expect(await codeOf(remoteOf(provider, around).backend.list())).toBe('page_repeated');
});

test('a next URL on another origin is never called', async () => {
  const provider = paged({ by: 'url', next: 'urls.next' });
  const [server, other] = [await FaultServer.start(), await FaultServer.start()];
  server.on('GET /v1/keys', json(200, { keys: keys('a'), urls: { next: `${other.origin}/v1/keys` } }));
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('foreign_page');
  expect(other.received).toEqual([]);
});

test('a server that ignores paging returns the whole list at once', async () => {
  const provider = paged({ by: 'offset', offset: 'offset', size: 2 });
  const everything = json(200, { keys: keys('a', 'b', 'c') });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', everything);
    server.on('GET /v1/keys?offset=3', everything);
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('a repeated page fails the list, because it would have gaps', async () => {
  const provider = paged({ by: 'page', page: 'page', limit: 'limit', size: 2, total: 'total' });
  const same = json(200, { keys: keys('a', 'b'), total: 6 });
  const server = await FaultServer.start();
  server.on('GET /v1/keys', same, same);
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('page_repeated');
});

test('a page with the same keys is repeated, whatever else has changed on it', async () => {
  const provider = paged({ by: 'page', page: 'page', limit: 'limit', size: 2, total: 'total' });
  const server = await FaultServer.start();
  const used = keys('a', 'b').map((key) => ({ ...key, usage: 7 }));
  server.on(
    'GET /v1/keys',
    json(200, { keys: keys('a', 'b'), total: 6 }),
    json(200, { keys: used, total: 6 }),
  );
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('page_repeated');
});

test('pages that lead back to an earlier one fail the list', async () => {
  const provider = paged({ by: 'url', next: 'next' });
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, { keys: keys('a'), next: '/v1/keys?page=2' }));
  server.on('GET /v1/keys?page=2', json(200, { keys: keys('b'), next: '/v1/keys?page=3' }));
  server.on('GET /v1/keys?page=3', json(200, { keys: keys('c'), next: '/v1/keys?page=2' }));
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('page_repeated');
});

describe('an incomplete list is an error', () => {
  const page = { by: 'page', page: 'page', limit: 'limit', size: 2, total: 'total' } as const;
  const cursor = { by: 'cursor', cursor: 'after', size: 2, next: 'next', more: 'more' } as const;

  test.each<[what: string, paging: Paging | undefined, answer: object]>([
    ['an empty first page and a total', page, { keys: [], total: 5 }],
    ['fewer keys than the total', page, { keys: [], total: '3' }],
    ['more keys, and no cursor', cursor, { keys: keys('a'), more: true }],
    ['more keys, and an empty cursor', cursor, { keys: keys('a'), more: true, next: '' }],
    ['a total, though no paging is declared', undefined, { keys: keys('a'), meta: { total: 2 } }],
    ['more keys, though no paging is declared', undefined, { keys: keys('a'), has_more: true }],
    [
      'a next page, though offsets end here',
      { by: 'offset', offset: 'o', size: 5 },
      { keys: keys('a'), hasMore: true },
    ],
    [
      'a larger total, though there is no further cursor',
      { by: 'cursor', cursor: 'c', size: 5, next: 'next', total: 'size' },
      { keys: keys('a'), next: '', size: 2 },
    ],
  ])('%s', async (_, paging, answer) => {
    const provider: Provider = paging ? paged(paging) : { ...unreal };
    const server = await FaultServer.start();
    server.always('GET /v1/keys', json(200, answer));
    expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('list_incomplete');
  });

  test('but is read once more, since a key may have moved between two pages', async () => {
    const provider = paged({ by: 'offset', offset: 'offset', size: 2, total: 'total' });
    const server = await FaultServer.start();
    server.on('GET /v1/keys', json(200, { keys: keys('b', 'c'), total: 3 }));
    server.on('GET /v1/keys?offset=2', json(200, { keys: keys('c'), total: 4 }));
    server.on('GET /v1/keys?offset=3', json(200, { keys: keys('d'), total: 4 }));
    server.on('GET /v1/keys', json(200, { keys: keys('a', 'b'), total: 4 }));
    server.on('GET /v1/keys?offset=2', json(200, { keys: keys('c', 'd'), total: 4 }));
    server.on('GET /v1/keys?offset=4', json(200, { keys: [], total: 4 }));
    const ids = (await remoteOf(provider, server).backend.list()).map(({ id }) => id);
    expect(ids).toEqual(['a', 'b', 'c', 'd']);
  });
});

test('pages that overlap are merged', async () => {
  const provider = paged({ by: 'cursor', cursor: 'c', size: 2, next: 'next' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a', 'b'), next: '1' }));
    server.on('GET /v1/keys?c=1', json(200, { keys: keys('b', 'c') }));
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('pages by number may start at 0', async () => {
  const provider = paged({ by: 'page', page: 'p', limit: 'n', size: 1, total: 'total', first: 0 });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys?n=1&p=0', json(200, { keys: keys('a'), total: 2 }));
    server.on('GET /v1/keys?n=1&p=1', json(200, { keys: keys('b'), total: 2 }));
  });
  expect(ids).toEqual(['a', 'b']);
});

test('a field of the last item may be the cursor', async () => {
  const provider = paged({ by: 'cursor', cursor: 'after', size: 2, last: 'hash', more: 'has_more' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a', 'b'), has_more: true }));
    server.on('GET /v1/keys?after=b', json(200, { keys: keys('c'), has_more: false }));
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

describe('an endless list is given up', () => {
  const provider = paged({ by: 'cursor', cursor: 'c', size: 2, next: 'next' });

  async function calls(answer: (at: number) => object): Promise<number> {
    const server = await FaultServer.start();
    let at = 0;
    server.always('GET /v1/keys', (response, request) => json(200, answer(at++))(response, request));
    expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('list_endless');
    return server.received.length;
  }

  test('if its pages are empty, each with a new cursor', async () => {
    expect(await calls((at) => ({ keys: [], next: `c${at}` }))).toBeLessThan(20);
  });

  test('if its pages repeat the same keys in another order', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const rotated = (at: number) =>
      [...names.slice(at % 8), ...names.slice(0, at % 8)].slice(0, 4 + (at % 3));
    expect(await calls((at) => ({ keys: keys(...rotated(at)), next: `c${at}` }))).toBeLessThan(40);
  });

  test('if its pages keep adding new keys', async () => {
    const server = await FaultServer.start();
    let at = 0;
    server.always('GET /v1/keys', (response, request) =>
      json(200, { keys: keys(`k${at}`), next: `c${at++}` })(response, request),
    );
    const { api } = remoteOf(provider, server);
    const pages = readPages(provider.list.paging, 'keys', {
      readPage: (page) => api.send(provider.list, {}, page),
      timeLimitMs: 200,
    });
    expect(await codeOf(collect(pages))).toBe('list_endless');
  });
});

test('unreadable keys are omitted and reported once', async () => {
  const server = await FaultServer.start();
  const odd = [{ name: 'x', hash: null }, null, { name: 'y', hash: 'y', created: 'yesterday' }];
  server.always('GET /v1/keys', json(200, { keys: [...keys('a'), ...odd] }));
  const { backend, warnings } = remoteOf(unreal, server);
  expect((await backend.list()).map(({ id }) => id)).toEqual(['a', 'y']);
  await backend.list();
  expect(warnings).toEqual([
    'the key y: the field keys[3].created is not a time; createdAt is omitted',
    'the field keys[1] is not a key with the field hash; this key is omitted',
    'the field keys[2] is not a key with the field hash; this key is omitted',
  ]);
});

describe('a list is kept in memory up to a limit', () => {
  const provider = paged({ by: 'url', next: 'next' });
  const pageLength = 1000;

  /** Reads pages of 1000 characters with one key each; without `count` there is no last one. */
  async function listPages(maxListLength: number, count = Number.POSITIVE_INFINITY) {
    const server = await FaultServer.start();
    let pages = 0;
    server.always('GET /v1/keys', (response) => {
      pages += 1;
      const next = pages < count ? `/v1/keys?page=${pages}` : '';
      const text = JSON.stringify({ keys: keys(`k${pages}`), next }).padEnd(pageLength);
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
    const { backend } = remoteOf(provider, server, {}, { maxListLength });
    const listed = await backend.list().catch((error: unknown) => error);
    return { listed, pages };
  }

  test('an endless list fails at the page that exceeds the limit', async () => {
    const { listed, pages } = await listPages(8 * pageLength);
    expect((listed as KeysError).failure).toMatchObject({
      code: 'list_endless',
      message: 'the list did not end after 9 pages, so keys stopped reading it',
    });
    expect(pages).toBe(9);
  });

  test('a list that ends exactly at the limit is read', async () => {
    const { listed } = await listPages(8 * pageLength, 8);
    expect(listed).toHaveLength(8);
  });

  test('the default limit is 256 Mi characters', () => {
    expect(defaultMaxListLength).toBe(256 * 1024 * 1024);
  });
});

describe('parameters in the body', () => {
  async function bodies(list: Provider['list'], answers: readonly unknown[]) {
    const server = await FaultServer.start();
    for (const answer of answers) server.on('POST /keys', json(200, answer));
    const ids = (await remoteOf({ ...unreal, list }, server).backend.list()).map(({ id }) => id);
    return { ids, sent: server.received.map(({ body }) => JSON.parse(String(body))) };
  }

  test('a cursor is sent beside the declared fields', async () => {
    const paging: Paging = {
      by: 'cursor',
      in: 'body',
      cursor: 'cursor',
      next: 'pagination.cursor',
      more: 'pagination.hasMore',
      limit: 'limit',
      size: 100,
    };
    const { ids, sent } = await bodies({ post: '/keys', body: { api: 'a' }, items: 'data', paging }, [
      { data: keys('a'), pagination: { hasMore: true, cursor: 'c2' } },
      { data: keys('b'), pagination: { hasMore: false, cursor: 'c3' } },
    ]);
    expect(ids).toEqual(['a', 'b']);
    expect(sent).toEqual([
      { api: 'a', limit: 100 },
      { api: 'a', limit: 100, cursor: 'c2' },
    ]);
  });

  test('a name with dots is a path, and numbers stay numbers', async () => {
    const paging: Paging = {
      by: 'page',
      in: 'body',
      page: 'variables.page',
      limit: 'variables.first',
      first: 0,
      size: 1,
    };
    const { ids, sent } = await bodies(
      { post: '/keys', body: { query: 'q', variables: { team: 't' } }, items: 'keys', paging },
      [{ keys: keys('a') }, { keys: keys('b') }, { keys: [] }],
    );
    expect(ids).toEqual(['a', 'b']);
    expect(sent.map(({ variables }) => variables)).toEqual([
      { team: 't', page: 0, first: 1 },
      { team: 't', page: 1, first: 1 },
      { team: 't', page: 2, first: 1 },
    ]);
  });

  test('an offset needs no declared body', async () => {
    const paging: Paging = { by: 'offset', in: 'body', offset: 'skip', size: 1, total: 'total' };
    const { sent } = await bodies({ post: '/keys', items: 'keys', paging }, [
      { keys: keys('a'), total: 2 },
      { keys: keys('b'), total: 2 },
      { keys: [], total: 2 },
    ]);
    expect(sent).toEqual([{}, { skip: 1 }, { skip: 2 }]);
  });
});

test('a page is repeated if an earlier one had the same items, whatever came between', async () => {
  const items = fc.array(fc.constantFrom('a', 'b', 'c', 'd', null), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(items, { minLength: 1, maxLength: 6 }), async (pages) => {
      const texts = pages.map((page) => JSON.stringify(page));
      const repeatedAt = texts.findIndex((text, at) => text !== '[]' && texts.indexOf(text) < at);
      // No page is longer than was asked for: its repetition would mean that the server ignores paging.
      const read = readPages({ by: 'cursor', cursor: 'c', size: 3, next: 'next' }, 'items', {
        async readPage({ parameters: { c = 0 } }) {
          const at = Number(c);
          const answer = { items: pages[at], next: at + 1 < pages.length ? at + 1 : null };
          return {
            status: 200,
            headers: {},
            requestId: undefined,
            retryAfter: undefined,
            text: '',
            json: () => answer,
          };
        },
        idOf: ({ value }) => (value === null ? undefined : String(value)),
      });
      const newItems: unknown[] = [];
      const code = await codeOf(
        (async () => {
          for await (const page of read) newItems.push(...page.map(({ value }) => value));
        })(),
      );
      const before = pages.slice(0, repeatedAt < 0 ? pages.length : repeatedAt).flat();
      expect(code).toBe(repeatedAt < 0 ? undefined : 'page_repeated');
      expect(newItems).toEqual(before.filter((one, at) => one === null || before.indexOf(one) === at));
    }),
    runs(500),
  );
});
