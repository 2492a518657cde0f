import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { revealBody } from '../../src/http/wire.ts';
import { pinecone } from '../../src/providers/built-in/pinecone.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import { exchangeRequest } from '../../src/remote/access-tokens.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json, resetBeforeReply } from '../support/fault-server.ts';
import { now } from './clock.ts';
import { remoteAt, remoteOf } from './remote-of.ts';

/* OAuth client credentials: the session token is exchanged for an access token, which is all that other calls send. */

const exchange = {
  post: '/oauth/token',
  form: { grant_type: 'client_credentials', client_id: '{option.clientId}', client_secret: '{token}' },
  token: 'access_token',
  expiresIn: 'expires_in',
};
const options = { clientId: { help: 'the client id', required: true } };
const settings = { clientId: 'my-client' };

function exchanging(change: Partial<NonNullable<Provider['auth']['exchange']>> = {}): Provider {
  return { ...unreal, options, auth: { ...unreal.auth, exchange: { ...exchange, ...change } } };
}

const noKeys = json(200, { keys: [] });
const token = (value: string, expires_in: unknown = 3600) =>
  json(200, { access_token: value, expires_in, token_type: 'Bearer' });

async function start(provider = exchanging()) {
  const server = await FaultServer.start();
  const credentials = () =>
    server.received.filter(({ path }) => path !== '/oauth/token').map(({ headers }) => headers.authorization);
  return { server, credentials, ...remoteOf(provider, server, settings) };
}

test('the session token goes to the token endpoint, the access token to the API, each once', async () => {
  const { backend, server, credentials } = await start();
  server.on('POST /oauth/token', token('tok-accessEXAMPLE')).on('GET /v1/keys', noKeys, noKeys);
  await backend.list();
  await backend.list();
  const [first] = server.received;
  expect(first?.headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded' });
  expect(first?.headers.authorization).toBeUndefined();
  expect(String(first?.body)).toBe(
    'grant_type=client_credentials&client_id=my-client&client_secret=tok-EXAMPLE',
  );
  expect(credentials()).toEqual(['Bearer tok-accessEXAMPLE', 'Bearer tok-accessEXAMPLE']);
  expect(server.received).toHaveLength(3);
});

test('calls at the same time share one access token', async () => {
  const { backend, server } = await start();
  server.on('POST /oauth/token', token('tok-accessEXAMPLE')).on('GET /v1/keys', noKeys, noKeys, noKeys);
  await Promise.all([backend.list(), backend.list(), backend.list()]);
  expect(server.received.filter(({ path }) => path === '/oauth/token')).toHaveLength(1);
});

test('the client can authenticate by Basic, its parts form-encoded', async () => {
  const server = await FaultServer.start();
  const { backend } = remoteAt(
    exchanging({ basic: '{option.clientId}', form: { grant_type: 'client_credentials' } }),
    { url: server.url('/'), token: 'tok-a:b%EXAMPLE', now: () => now },
    { clientId: 'my client' },
  );
  server.on('POST /oauth/token', token('tok-accessEXAMPLE')).on('GET /v1/keys', noKeys);
  await backend.list();
  const encoded = Buffer.from('my+client:tok-a%3Ab%25EXAMPLE').toString('base64');
  expect(server.received[0]?.headers.authorization).toBe(`Basic ${encoded}`);
});

describe('a new access token is requested', () => {
  test('before the old one ends', async () => {
    const server = await FaultServer.start();
    let time = now.getTime();
    const place = { url: server.url('/'), token: 'tok-EXAMPLE', now: () => new Date(time) };
    const { backend } = remoteAt(exchanging(), place, settings);
    server
      .on('POST /oauth/token', token('tok-1EXAMPLE', '3600'), token('tok-2EXAMPLE'))
      .on('GET /v1/keys', noKeys, noKeys, noKeys);
    await backend.list();
    time += 3_539_000;
    await backend.list();
    time += 1_000;
    await backend.list();
    const sent = server.received.flatMap(({ headers }) => headers.authorization ?? []);
    expect(sent).toEqual(['Bearer tok-1EXAMPLE', 'Bearer tok-1EXAMPLE', 'Bearer tok-2EXAMPLE']);
  });

  test('once, if the API refuses one that it took before', async () => {
    const { backend, server, credentials } = await start();
    const refused = json(401, { error: 'expired' });
    server
      .on('POST /oauth/token', token('tok-1EXAMPLE', null), token('tok-2EXAMPLE', null))
      .on('GET /v1/keys', noKeys, refused, refused);
    await backend.list();
    expect((await failureIn(backend.list())).code).toBe('not_logged_in');
    expect(credentials()).toEqual(['Bearer tok-1EXAMPLE', 'Bearer tok-1EXAMPLE', 'Bearer tok-2EXAMPLE']);
  });

  test('but not if the API refuses a new one', async () => {
    const { backend, server } = await start();
    server
      .on('POST /oauth/token', token('tok-1EXAMPLE'))
      .on('GET /v1/keys', json(401, { error: 'unknown client' }));
    expect((await failureIn(backend.list())).code).toBe('not_logged_in');
    expect(server.received).toHaveLength(2);
  });

  test('again, if the reply is lost', async () => {
    const { backend, server } = await start();
    server.on('POST /oauth/token', resetBeforeReply, token('tok-1EXAMPLE')).on('GET /v1/keys', noKeys);
    expect(await backend.list()).toEqual([]);
  });
});

test('Pinecone is asked for an access token as it documents', () => {
  if (!pinecone.auth.exchange) throw new Error('no exchange');
  const request = exchangeRequest(pinecone.auth.exchange, {
    base: new URL(pinecone.url ?? ''),
    clientSecret: new Secret('tok-EXAMPLE'),
    values: { 'option.clientId': 'c1' },
    now,
  });
  expect(request).toMatchObject({ method: 'POST', headers: { 'X-Pinecone-Api-Version': '2026-04' } });
  expect(request.url.href).toBe('https://login.pinecone.io/oauth/token');
  expect(JSON.parse(String(revealBody(request)))).toEqual({
    grant_type: 'client_credentials',
    client_id: 'c1',
    client_secret: 'tok-EXAMPLE',
    audience: 'https://api.pinecone.io/',
  });
});

describe('a refusal says why, and repeats no secret', () => {
  test.each([
    [
      400,
      { error: 'invalid_client', error_description: 'no client tok-EXAMPLE' },
      ': no client **** (invalid_client)',
    ],
    [
      401,
      { error: { code: 'UNAUTHENTICATED', message: 'bad secret' }, status: 401 },
      ': bad secret (UNAUTHENTICATED)',
    ],
    [403, {}, ''],
    [200, { error: 'unauthorized_client' }, ': unauthorized_client'],
  ])('%i %j', async (status, answer, reason) => {
    const { backend, server } = await start();
    server.on('POST /oauth/token', json(status, answer));
    const failure = await failureIn(backend.list());
    expect(failure).toMatchObject({
      code: 'exchange_refused',
      message: `${server.origin} issues no access token for the session token of the profile test${reason}`,
    });
    expect(server.received).toHaveLength(1);
  });

  test('a response without a token is not what the declaration says', async () => {
    const { backend, server } = await start();
    server.on('POST /oauth/token', json(200, { token_type: 'Bearer' }));
    expect(await failureIn(backend.list())).toMatchObject({ code: 'unexpected_answer' });
  });
});

describe('the client secret is not shown', () => {
  const clientSecret = 'tok-EXAMPLE';

  test('if the API repeats it in a key', async () => {
    const { backend, server } = await start();
    const key = { hash: `k1-${btoa(clientSecret)}`, name: `ci ${clientSecret}` };
    server.on('POST /oauth/token', token('tok-accessEXAMPLE'));
    server.on('GET /v1/keys', json(200, { keys: [key] }));
    expect(await backend.list()).toMatchObject([{ id: 'k1-****', name: 'ci ****' }]);
  });

  test('if the token endpoint repeats it', async () => {
    const basic = { basic: '{option.clientId}', form: { grant_type: 'client_credentials' } };
    const { backend, server } = await start(exchanging(basic));
    server.on('POST /oauth/token', json(400, { error: clientSecret }, { 'x-request-id': clientSecret }));
    expect(JSON.stringify(await failureIn(backend.list()))).not.toContain(clientSecret);
  });
});

describe('a faulty exchange is a fault of the declaration', () => {
  const issuesOf = (change: object) => {
    const declared = exchanging(change as object);
    return checkProvider(JSON.parse(JSON.stringify(declared))).issues.map(({ path }) => path);
  };

  test.each<[change: object, path?: string]>([
    [{}],
    [{ post: 'https://login.example.com/oauth/token' }],
    [{ post: 'http://login.example.com/oauth/token' }, 'auth.exchange.post'],
    [{ post: 'https://{option.clientId}.example.com/' }, 'auth.exchange.post'],
    [{ post: '/{token}' }, 'auth.exchange.post'],
    [{ headers: { 'x-secret': '{token}' } }, 'auth.exchange.headers.x-secret'],
    [{ form: { client_secret: 'x{token}' } }, 'auth.exchange.form.client_secret'],
    [{ form: { grant_type: 'client_credentials' } }, 'auth.exchange'],
    [{ body: { secret: '{token}' } }, 'auth.exchange.form'],
    [{ basic: '{option.user}' }, 'auth.exchange.basic'],
    [{ token: undefined }, 'auth.exchange.token'],
  ])('%j', (change, path) => {
    expect(issuesOf(change)).toEqual(path === undefined ? [] : [path]);
  });
});
