import { describe, expect, test } from 'vitest';
import type { SessionIdentity } from '../../src/keys/session-identity.ts';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { readIdentity } from '../../src/remote/read-identity.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json, text } from '../support/fault-server.ts';
import type { Exchange } from './exchange.ts';
import { remoteOf } from './remote-of.ts';

/* Whose a session is, by the calls that each API documents. */

const gitlab: readonly Exchange[] = [
  {
    route: 'GET /personal_access_tokens/self',
    status: 200,
    answer: { id: 4, name: 'cli', user_id: 2, active: true, expires_at: '2026-12-24' },
  },
  { route: 'GET /user', status: 200, answer: { id: 2, username: 'ada', name: 'Ada' } },
];
const gitlabIdentity = { user: 'ada', keyId: '4', expiresAt: '2026-12-24T00:00:00.000Z' };

const cloudflareAnswer = { success: true, result: { id: 'ed17', status: 'active' } };

/** What is documented of each provider. */
const cases: Record<
  string,
  [options: Record<string, string>, exchanges: readonly Exchange[], SessionIdentity]
> = {
  authority: [
    {},
    [
      {
        route: 'GET /session',
        status: 200,
        answer: { id: 's1', user: 'ada', role: 'admin', expires_at: '2026-12-01T00:00:00.000Z' },
      },
    ],
    { user: 'ada', role: 'admin', expiresAt: '2026-12-01T00:00:00.000Z' },
  ],
  cloudflare: [
    {},
    [{ route: 'GET /user/tokens/verify', status: 200, answer: cloudflareAnswer }],
    { keyId: 'ed17', expiresAt: null },
  ],
  'cloudflare-account': [
    { account: 'a1' },
    [{ route: 'GET /accounts/a1/tokens/verify', status: 200, answer: cloudflareAnswer }],
    { keyId: 'ed17', expiresAt: null },
  ],
  gitlab: [{ project: 'g/p' }, gitlab, gitlabIdentity],
  'gitlab-group': [{ group: 'g' }, gitlab, gitlabIdentity],
  'gitlab-personal': [{ user: '2' }, gitlab, gitlabIdentity],
  'gitlab-user': [{ user: '2' }, gitlab, gitlabIdentity],
  jupyterhub: [
    { user: 'ada' },
    [{ route: 'GET /user', status: 200, answer: { name: 'ada', admin: false } }],
    { user: 'ada' },
  ],
  npm: [{}, [{ route: 'GET /-/whoami', status: 200, answer: { username: 'ada' } }], { user: 'ada' }],
  openrouter: [
    {},
    [
      {
        route: 'GET /key',
        status: 200,
        answer: { data: { label: 'management', is_management_key: true, expires_at: null } },
      },
    ],
    { expiresAt: null },
  ],
  vercel: [
    {},
    [
      {
        route: 'GET /v5/user/tokens/current',
        status: 200,
        answer: { token: { id: 't1', name: 'cli', expiresAt: 1_798_761_600_000 } },
      },
    ],
    { keyId: 't1', expiresAt: '2027-01-01T00:00:00.000Z' },
  ],
};

test('every built-in provider that declares the call is here', async () => {
  const declaring = (await builtInProviders()).filter(({ whoami }) => whoami).map(({ id }) => id);
  // In XML: below.
  expect(declaring.filter((id) => id !== 'aws-iam').sort()).toEqual(Object.keys(cases).sort());
});

async function start(id: string, exchanges: readonly Exchange[], options: Record<string, string> = {}) {
  const provider = (await builtInProviders()).find((one) => one.id === id) ?? unreal;
  return startWith(provider, exchanges, options);
}

async function startWith(
  provider: Provider,
  exchanges: readonly Exchange[],
  options: Record<string, string> = {},
) {
  const server = await FaultServer.start();
  for (const { route, status, answer } of exchanges) server.on(route, json(status, answer));
  const { api } = remoteOf(provider, server, options);
  return { server, identify: () => readIdentity(api, provider) };
}

describe.each(Object.entries(cases))('%s', (id, [options, exchanges, identity]) => {
  test('is asked by exactly the documented requests', async () => {
    const { server, identify } = await start(id, exchanges, options);
    expect(await identify()).toEqual(identity);
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual(
      exchanges.map(({ route }) => route),
    );
  });

  test('refuses a token: exit 4', async () => {
    const [first] = exchanges;
    const { identify } = await start(id, first ? [{ ...first, status: 401, answer: {} }] : [], options);
    expect((await failureIn(identify())).exit).toBe('auth');
  });
});

test('aws-iam tells the user whose key signs', async () => {
  const server = await FaultServer.start();
  const route = 'GET /?Action=GetUser&Version=2010-05-08';
  const user = '<User><UserName>ada</UserName><UserId>AIDAEXAMPLE</UserId></User>';
  const body = `<GetUserResponse><GetUserResult>${user}</GetUserResult></GetUserResponse>`;
  server.on(route, text(200, body, { 'content-type': 'text/xml' }));
  const { awsIam } = await import('../../src/providers/built-in/aws-iam.ts');
  const { remoteAt } = await import('./remote-of.ts');
  const place = {
    url: server.url('/'),
    token: 'AKIA111111111EXAMPLE:sk-abcdefEXAMPLE',
    now: () => new Date(),
  };
  expect(await readIdentity(remoteAt(awsIam, place).api, awsIam)).toEqual({ user: 'ada' });
});

test('a success for a stranger is a refusal', async () => {
  const { identify } = await start('npm', [{ route: 'GET /-/whoami', status: 200, answer: {} }]);
  expect(await failureIn(identify())).toMatchObject({ exit: 'auth', httpStatus: 401 });
});

test('a later call that the token does not permit leaves out what it tells', async () => {
  const [self] = gitlab;
  const { identify } = await start(
    'gitlab',
    [...(self ? [self] : []), { route: 'GET /user', status: 403, answer: { message: 'insufficient_scope' } }],
    { project: 'g/p' },
  );
  expect(await identify()).toEqual({ keyId: '4', expiresAt: gitlabIdentity.expiresAt });
});

test('without the call, nothing is asked', async () => {
  const { server, identify } = await startWith(unreal, []);
  expect(await identify()).toBeUndefined();
  expect(server.received).toEqual([]);
});
