import { describe, expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Paging } from '../../src/providers/declaration/paging.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* A list that gives any sign that it is incomplete must not pass for a whole one. */

const keys = ['a', 'b'].map((id) => ({ hash: id, name: id, created: 0 }));
const page: Paging = { by: 'page', page: 'page', limit: 'limit', size: 100 };
const offset: Paging = { by: 'offset', offset: 'offset', size: 100 };
const cursor: Paging = { by: 'cursor', cursor: 'after', size: 2, next: 'after', more: 'has_more' };
const last: Paging = { by: 'cursor', cursor: 'after', size: 2, last: 'hash', more: 'has_more' };
const link: Paging = { by: 'link', limit: 'limit', size: 100 };

async function listOf(paging: Paging | undefined, ...answers: Answer[]) {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', ...answers.slice(0, -1)).always('GET /v1/keys', answers.at(-1) ?? json(500, {}));
  const list: Provider['list'] = { get: '/v1/keys', items: 'keys', ...(paging && { paging }) };
  return remoteOf({ ...unreal, list }, server).backend.list();
}

describe('an incomplete list is an error', () => {
  test.each<[what: string, paging: Paging | undefined, fields: object, headers?: Record<string, string>]>([
    ['a total in a text', undefined, { total: '5' }],
    ['a total under another name', undefined, { totalItems: 5 }],
    ['a count of all items', undefined, { count: 5 }],
    ['a total two levels deep', undefined, { meta: { pagination: { total: 5 } } }],
    ['a total in a header', undefined, {}, { 'x-total-count': '5' }],
    ['a total that is not declared, with pages by number', page, { total: 5 }],
    ['a total that is not declared, with a cursor', cursor, { total: 5 }],
    ['a number of pages', undefined, { page: 1, total_pages: 3 }],
    ['a last page', page, { meta: { last_page: 2 } }],
    ['has_more in a text', undefined, { has_more: 'true' }],
    ['has_more as a number', undefined, { has_more: 1 }],
    ['has_more and no cursor', cursor, { has_more: true }],
    ['has_more in a text, and no cursor', cursor, { has_more: 'true' }],
    ['a list that was cut', undefined, { IsTruncated: true }],
    ['incomplete results', undefined, { incomplete_results: true }],
    ['a cursor', undefined, { next_cursor: 'b' }],
    ['a page token', undefined, { nextPageToken: 'b' }],
    ['the number of the next page', page, { next_page: 2 }],
    ['the URL of the next page', undefined, { next: '/v1/keys?page=2' }],
    ['a link to the next page', offset, { _links: { next: { href: '/v1/keys?page=2' } } }],
    ['a Link header', undefined, {}, { link: '</v1/keys?page=2>; rel="next"' }],
    [
      'has_more where the declaration has another field',
      { ...cursor, more: 'meta.more' },
      { has_more: true },
    ],
    [
      'a cursor where the declaration has another field',
      { by: 'cursor', cursor: 'after', size: 2, next: 'meta.next' },
      { next: 'b' },
    ],
    [
      'a next URL where the declaration has another field',
      { by: 'url', next: 'links.next' },
      { next: '/v1' },
    ],
    ['a next URL in the body in place of a Link header', link, { next_page_path: '/v1/keys?page=2' }],
    ['a total where the declaration has another field', { ...page, total: 'meta.total' }, { total: 5 }],
    ['a total in a header in place of a field', { ...page, total: 'total' }, {}, { 'x-total-count': '5' }],
    ['a range', undefined, {}, { 'content-range': 'items 0-1/5' }],
    ['a page that is not the last', undefined, { last: false }],
    ['a list that is not complete', undefined, { isComplete: false }],
    ['more items', undefined, { hasMoreItems: true }],
    ['places that could not be asked', undefined, { unreachable: ['eu'] }],
    ['a link of OData', undefined, { '@odata.nextLink': '/v1/keys?page=2' }],
    ['a count of OData', undefined, { '@odata.count': 5 }],
    ['a total beside a Link header', link, {}, { 'x-total': '5' }],
  ])('%s', async (_, paging, fields, headers = {}) => {
    const failure = await failureIn(listOf(paging, json(200, { keys, ...fields }, headers)));
    expect(failure).toMatchObject({ exit: 'network', code: 'list_incomplete' });
  });

  test('an empty page after a page that has more', async () => {
    const first = json(200, { keys, has_more: true });
    const server = await FaultServer.start();
    server.always('GET /v1/keys', first);
    server.always('GET /v1/keys?after=b', json(200, { keys: [], has_more: true }));
    const { backend } = remoteOf(
      { ...unreal, list: { get: '/v1/keys', items: 'keys', paging: last } },
      server,
    );
    expect(await failureIn(backend.list())).toMatchObject({ code: 'list_incomplete' });
  });

  test('a page that is all that a server gives, and not all that it has', async () => {
    const many = Array.from({ length: 3 }, (_, at) => ({ hash: `h${at}`, name: 'ci' }));
    const paging: Paging = { by: 'page', page: 'page', limit: 'limit', size: 2 };
    const failure = await failureIn(listOf(paging, json(200, { keys: many, total: 9 })));
    expect(failure.code).toBe('list_incomplete');
  });
});

test.each<[what: string, paging: Paging | undefined, fields: object, headers?: Record<string, string>]>([
  ['a total', undefined, { total: 2 }],
  ['a total of fewer', undefined, { total: '1' }],
  ['a total that is null', { ...offset, total: 'total' }, { total: null }],
  ['no further page', undefined, { has_more: false, next: null, next_cursor: '', links: { next: null } }],
  ['the page that it is', undefined, { page: 1, pages: 1 }],
  ['the total of something else', undefined, { usage: { total: 500 }, spent: { count: 7 } }],
  ['links to other pages', undefined, {}, { link: '</v1/keys?page=1>; rel="first", </next>; rel="prev"' }],
  ['a cursor that is false', { by: 'cursor', cursor: 'after', size: 2, next: 'after' }, { after: false }],
])('a list with %s is whole', async (_, paging, fields, headers = {}) => {
  expect(await listOf(paging, json(200, { keys, ...fields }, headers))).toHaveLength(2);
});

test.each(['true', 1])('has_more: %j leads to the next page', async (more) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys', json(200, { keys, has_more: more }));
  server.on('GET /v1/keys?after=b', json(200, { keys: [{ hash: 'c', name: 'c' }], has_more: 'false' }));
  const { backend } = remoteOf({ ...unreal, list: { get: '/v1/keys', items: 'keys', paging: last } }, server);
  expect((await backend.list()).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test.each([
  '</v1/keys?page=2>; rel="last next"',
  '</v1/keys?page=0>; rel="prev", </v1/keys?page=2>; title="next"; rel=next',
])('the next page is found in the header Link: %s', async (header) => {
  const server = await FaultServer.start();
  server.on('GET /v1/keys?limit=100', json(200, { keys }, { link: header }));
  server.on('GET /v1/keys?page=2', json(200, { keys: [{ hash: 'c', name: 'c' }] }));
  const { backend } = remoteOf({ ...unreal, list: { get: '/v1/keys', items: 'keys', paging: link } }, server);
  expect(await backend.list()).toHaveLength(3);
});

test('a next URL that is no text leaves open whether the list has ended', async () => {
  const paging: Paging = { by: 'url', next: 'links.next' };
  const answer = json(200, { keys, links: { next: { href: '/v1/keys?page=2' } } });
  expect(await failureIn(listOf(paging, answer))).toMatchObject({ code: 'unexpected_answer' });
});

test('an incomplete list says what works without it, if a key can be shown by its id', async () => {
  const { show, ...listing } = unreal;
  const failureAt = async (provider: Provider) => {
    const server = await FaultServer.start();
    server.always('GET /v1/keys', json(200, { keys, total: 5 }));
    return failureIn(remoteOf(provider, server).backend.list());
  };
  const ways = [
    'check the paging in the provider file (docs/reference/providers.md)',
    'look at the traffic: --debug',
  ];
  expect(await failureAt(listing)).toMatchObject({
    message: 'the API reports 5 keys but returned 2, so the list would be incomplete',
    hints: ways,
  });
  expect(await failureAt({ ...listing, show: show ?? { get: '/v1/keys/{id}' } })).toMatchObject({
    hints: ['a key whose id you know needs no list: keys show <id>, keys revoke <id>', ...ways],
  });
});

test.each([
  ['data.keys', { data: { keys, paging: { next: 'b' } } }],
  ['keys.nodes', { keys: { nodes: keys, pageInfo: { hasNextPage: true } } }],
  ['data.me.keys.nodes', { data: { me: { keys: { nodes: keys, totalCount: 5 } } } }],
])('what is said beside the items at %s counts', async (items, answer) => {
  const server = await FaultServer.start();
  server.always('GET /v1/keys', json(200, answer));
  const list: Provider['list'] = { get: '/v1/keys', items };
  const failure = await failureIn(remoteOf({ ...unreal, list }, server).backend.list());
  expect(failure).toMatchObject({ exit: 'network', code: 'list_incomplete' });
});

test('without the declared `more`, the cursor leads on', async () => {
  const third = { hash: 'c', name: 'c', created: 0 };
  const read = await listOf(cursor, json(200, { keys, after: 'b' }), json(200, { keys: [third] }));
  expect(read.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});
