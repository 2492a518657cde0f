import { expect, test } from 'vitest';
import { declaration } from '../support/declaration.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';

const token = 'tok-EXAMPLE';

async function start(list: object) {
  const [box, server] = [new Sandbox(), await FaultServer.start()];
  const provider = { ...declaration, id: 'paged', url: server.origin };
  box.ownProvider({ ...provider, list: { get: '/keys', items: 'keys', ...list } } as typeof provider);
  const env = { KEYS_PROVIDER: 'paged', KEYS_TOKEN: token };
  const keys = (...args: string[]) => box.keys(['api', ...args, '--paginate'], { env });
  return { box, server, env, keys };
}

const offset = { paging: { by: 'offset', offset: 'skip', limit: 'limit', size: 2 } };
const cursor = { paging: { by: 'cursor', cursor: 'after', next: 'next', limit: 'limit', size: 2 } };

test('the pages of the declared list are one array', async () => {
  const { server, keys } = await start(offset);
  server.on('GET /keys?limit=2', json(200, { keys: [{ id: 'a' }, { id: 'b' }] }));
  server.on('GET /keys?limit=2&skip=2', json(200, { keys: [{ id: 'c', name: 'ci' }] }));
  const run = await keys('get', '/keys');
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c', name: 'ci' }]);
});

test.each([
  ['--format=ndjson', '{"id":"a","n":1}\n{"id":"b"}\n'],
  ['--format=csv', 'id,n\na,1\nb,\n'],
  ['--fields=n,id', '1\ta\n\tb\n'],
  ['--json=id', '[\n  {\n    "id": "a"\n  },\n  {\n    "id": "b"\n  }\n]\n'],
])('items in the form of %s', async (flag, stdout) => {
  const { server, keys } = await start({});
  server.on('GET /keys', json(200, { keys: [{ id: 'a', n: 1 }, { id: 'b' }] }));
  expect(await keys('GET', '/keys', flag)).toEqual({ exit: 0, stdout, stderr: '' });
});

test('a list that is not declared is followed by its Link header', async () => {
  const { server, keys } = await start(offset);
  const link = { link: `<${server.origin}/users?page=2>; rel="next"` };
  server.on('GET /users?role=admin', json(200, ['ada'], link));
  server.on('GET /users?page=2', json(200, ['grace'], { link: '</users>; rel="first"' }));
  const run = await keys('GET', '/users?role=admin');
  expect(run).toMatchObject({ exit: 0, stderr: '' });
  expect(JSON.parse(run.stdout)).toEqual(['ada', 'grace']);
});

test('a list that is not declared is followed by the declared cursor', async () => {
  const { server, keys } = await start(cursor);
  server.on('GET /projects?limit=1', json(200, { keys: [1], next: 'x' }));
  server.on('GET /projects?limit=1&after=x', json(200, { keys: [2], next: null }));
  const run = await keys('GET', '/projects?limit=1');
  expect(run).toEqual({ exit: 0, stdout: '[\n  1,\n  2\n]\n', stderr: '' });
});

test('a list of which nothing tells the next page may have more', async () => {
  const { server, keys } = await start(offset);
  server.on('GET /users', json(200, { users: ['ada'] }));
  const run = await keys('GET', '/users');
  expect(run.exit).toBe(0);
  expect(JSON.parse(run.stdout)).toEqual([{ users: ['ada'] }]);
  expect(run.stderr).toMatch(/^warning: there may be more: .*paged declares no pages for this path\n$/);
});

test('a response that says that there are more is an error', async () => {
  const { server, keys } = await start(offset);
  server.on('GET /users', json(200, { users: ['ada'], has_more: true }));
  const run = await keys('GET', '/users');
  expect(run).toMatchObject({ exit: 7, stdout: '' });
  expect(run.stderr).toContain('says that there are more');
});

test('no page of another origin is requested', async () => {
  const { server, keys } = await start({});
  const other = await FaultServer.start();
  server.on('GET /users', json(200, ['ada'], { link: `<${other.origin}/users>; rel=next` }));
  const run = await keys('GET', '/users', '--format=ndjson');
  expect(run).toMatchObject({ exit: 7, stdout: '"ada"\n' });
  expect(run.stderr).toContain('it was not requested, and the session token was not sent there');
  expect(other.received).toEqual([]);
});

test('a repeated page is an error, and what was printed stays', async () => {
  const { server, keys } = await start(cursor);
  server.on('GET /keys?limit=2', json(200, { keys: [{ id: 'a' }], next: 'x' }));
  server.on('GET /keys?limit=2&after=x', json(200, { keys: [{ id: 'a' }], next: 'y' }));
  const run = await keys('GET', '/keys', '--format=ndjson');
  expect(run).toMatchObject({ exit: 7, stdout: '{"id":"a"}\n' });
  expect(run.stderr).toContain('the same page twice');
});

test('a failure between two pages has its exit code, and leaves no half of an array', async () => {
  const { server, keys } = await start(offset);
  server.on('GET /keys?limit=2', json(200, { keys: [{ id: 'a' }, { id: 'b' }] }));
  server.on('GET /keys?limit=2&skip=2', json(403, { message: 'enough' }));
  const run = await keys('GET', '/keys');
  expect(run).toMatchObject({ exit: 4, stdout: '' });
  expect(run.stderr).toContain('enough');
});

test.each([
  [['POST', '/keys', '--paginate'], '--paginate reads a list: it goes with GET alone'],
  [['GET', '/keys?skip=2', '--paginate'], '--paginate sets the parameter skip itself'],
  [['GET', '/keys', '--fields', 'id'], 'with --paginate'],
])('refused before any call: keys api %j', async (args, message) => {
  const { box, env } = await start(offset);
  const run = await box.keys(['api', ...args], { env });
  expect(run).toMatchObject({ exit: 2, stdout: '' });
  expect(run.stderr).toContain(message);
});
