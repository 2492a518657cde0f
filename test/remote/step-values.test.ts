import { expect, test } from 'vitest';
import { grafana } from '../../src/providers/built-in/grafana.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteOf } from './remote-of.ts';

/* What is read before other calls, because they need it. */

const search = 'GET /api/serviceaccounts/search?perpage=1000&page=1&query=bot';
const account = { id: 4, name: 'bot' };

async function started(...accounts: object[]) {
  const server = await FaultServer.start();
  server.on(search, json(200, { serviceAccounts: accounts }));
  return { server, ...remoteOf(grafana, server, { account: 'bot' }) };
}

test('a step is made once, however many calls need it', async () => {
  const { server, backend } = await started(account);
  server.always('GET /api/serviceaccounts/4/tokens', json(200, []));
  await Promise.all([backend.list(), backend.list()]);
  await backend.list();
  expect(server.received.map(({ path }) => path.split('?')[0])).toEqual([
    '/api/serviceaccounts/search',
    ...Array(3).fill('/api/serviceaccounts/4/tokens'),
  ]);
});

test.each([
  ['none', [{ id: 3, name: 'robot' }], 'lists 0 items with the name bot'],
  ['several', [account, { id: 5, name: 'bot' }], 'lists 2 items with the name bot'],
])('no call is made if %s of the items is the right one', async (_, accounts, message) => {
  const { server, backend } = await started(...accounts);
  const failure = await failureIn(backend.list());
  expect(failure).toMatchObject({ exit: 'network', code: 'not_this_api' });
  expect(failure.message).toContain(message);
  expect(server.received).toHaveLength(1);
});

test('a value that is missing is an error that names its path', async () => {
  const { backend } = await started({ name: 'bot' });
  const failure = await failureIn(backend.list());
  expect(failure).toMatchObject({ exit: 'network', code: 'unexpected_answer' });
  expect(failure.message).toMatchInlineSnapshot(
    `"the field serviceAccounts[0] has no value of {step.account} at id; this is not the API that the provider declares, or it has changed"`,
  );
});

test('a step that failed is made again', async () => {
  const { server, backend } = await started();
  await failureIn(backend.list());
  server.on(search, json(200, { serviceAccounts: [account] }));
  server.on('GET /api/serviceaccounts/4/tokens', json(200, []));
  expect(await backend.list()).toEqual([]);
});

test('a step can use what an earlier one has taken', async () => {
  const team = { get: '/team', take: { team: 'data.id' } };
  const place = { get: '/teams/{step.team}/account', take: { account: '' } };
  const provider: Provider = { ...grafana, before: [team, place] };
  const server = await FaultServer.start();
  server.on('GET /team', json(200, { data: { id: 't/1' } })).on('GET /teams/t%2F1/account', json(200, 9));
  server.on('GET /api/serviceaccounts/9/tokens', json(200, []));
  expect(await remoteOf(provider, server, { account: 'bot' }).backend.list()).toEqual([]);
});

test.each<[what: string, before: unknown, path: string]>([
  [
    'uses what a later step takes',
    [
      { get: '/a/{step.b}', take: { account: 'x' } },
      { get: '/b', take: { b: 'x' } },
    ],
    'before.0.get',
  ],
  [
    'takes what another one takes',
    [
      { get: '/a', take: { account: 'x' } },
      { get: '/b', take: { account: 'x' } },
    ],
    'before.1.take.account',
  ],
  [
    'has conditions without a list',
    [{ get: '/a', where: { name: 'x' }, take: { account: 'x' } }],
    'before.0.where',
  ],
  ['uses an input of a call', [{ get: '/a/{id}', take: { account: 'x' } }], 'before.0.get'],
  ['does not take what a call uses', [{ get: '/a', take: { other: 'x' } }], 'list.get'],
])('a step is at fault if it %s', (_, before, path) => {
  const { issues } = checkProvider({ ...grafana, before });
  expect(issues.map((issue) => issue.path)).toContain(path);
});
