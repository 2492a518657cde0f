import { expect, test } from 'vitest';
import { KeysError } from '../../src/errors.ts';
import type { Paging, Provider } from '../../src/providers/provider.ts';
import { unreal } from '../../src/providers/unreal.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/** Unreal AI with pages, and with a total in its answers. */
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

test('without a total, pages by offset end at a short page or an empty one', async () => {
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

test('pages by number are counted from 1', async () => {
  const provider = paged({ by: 'page', page: 'page', limit: 'limit', size: 1, total: 'total' });
  const ids = await listed(provider, (server) => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      server.on(`GET /v1/keys?limit=1&page=${index + 1}`, json(200, { keys: keys(name), total: 3 }));
    }
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('a Link header is followed as it stands', async () => {
  const provider = paged({ by: 'link', limit: 'per_page', size: 100 });
  const server = await FaultServer.start();
  const link = `<${server.origin}/other?cursor=x%2Fy>; rel="next", <${server.origin}/last>; rel="last"`;
  server.on('GET /v1/keys?per_page=100', json(200, { keys: keys('a') }, { link }));
  server.on('GET /other?cursor=x%2Fy', json(200, { keys: keys('b') }, { link: '</first>; rel="first"' }));
  expect((await remoteOf(provider, server).backend.list()).map(({ id }) => id)).toEqual(['a', 'b']);
});

test('a next URL in the answer is followed until it is empty', async () => {
  const provider = paged({ by: 'url', next: 'urls.next' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', json(200, { keys: keys('a'), urls: { next: '/v1/keys?page=2' } }));
    server.on('GET /v1/keys?page=2', json(200, { keys: keys('b'), urls: { next: '' } }));
  });
  expect(ids).toEqual(['a', 'b']);
});

test.each([[''], [null], [undefined]])('a cursor is sent back until there is none: %j', async (end) => {
  const provider = paged({ by: 'cursor', cursor: 'after', limit: 'limit', size: 2, next: 'page.next' });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys?limit=2', json(200, { keys: keys('a', 'b'), page: { next: 'x/y=&' } }));
    // A page may be empty, and not be the last.
    server.on('GET /v1/keys?limit=2&after=x%2Fy%3D%26', json(200, { keys: [], page: { next: 7 } }));
    server.on('GET /v1/keys?limit=2&after=7', json(200, { keys: keys('c'), page: { next: end } }));
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('a cursor that is none, or leads back, fails the list', async () => {
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

test('a server that ignores paging and gives everything at once has given everything', async () => {
  const provider = paged({ by: 'offset', offset: 'offset', size: 2 });
  const everything = json(200, { keys: keys('a', 'b', 'c') });
  const ids = await listed(provider, (server) => {
    server.on('GET /v1/keys', everything);
    server.on('GET /v1/keys?offset=3', everything);
  });
  expect(ids).toEqual(['a', 'b', 'c']);
});

test('a server that repeats a page fails the list: it would have holes', async () => {
  const provider = paged({ by: 'page', page: 'page', limit: 'limit', size: 2, total: 'total' });
  const same = json(200, { keys: keys('a', 'b'), total: 6 });
  const server = await FaultServer.start();
  server.on('GET /v1/keys', same, same);
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('page_repeated');
});

test('pages that lead back to an earlier one fail the list, in place of going on for ever', async () => {
  const provider = paged({ by: 'url', next: 'next' });
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, { keys: keys('a'), next: '/v1/keys?page=2' }));
  server.on('GET /v1/keys?page=2', json(200, { keys: keys('b'), next: '/v1/keys?page=3' }));
  server.on('GET /v1/keys?page=3', json(200, { keys: keys('c'), next: '/v1/keys?page=2' }));
  expect(await codeOf(remoteOf(provider, server).backend.list())).toBe('page_repeated');
});
