import { describe, expect, test } from 'vitest';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, redirect } from '../support/fault-server.ts';
import { Sandbox } from '../support/sandbox.ts';
import { hasOpenssl, selfSigned } from '../support/self-signed.ts';

/*
 * An API whose token endpoint, or whose call that verifies a key, is at another origin, over TLS: each credential goes to
 * the origin that is declared for it, and nowhere else.
 */

const sessionToken = 'tok-sessionEXAMPLE';
const accessToken = 'tok-accessEXAMPLE';
const key = 'sk_verifiedEXAMPLE';

const silent: Answer = () => {};
const noKeys = json(200, { keys: [] });
const issued = json(200, { access_token: accessToken, expires_in: 3600, token_type: 'Bearer' });
const success = (what: unknown) => json(200, { data: what });

interface Places {
  api: FaultServer;
  other: FaultServer;
  /** Where nothing may arrive. */
  third: FaultServer;
}

async function start(declare: (places: Places) => Partial<Provider>) {
  const certificate = selfSigned('127.0.0.1');
  const places = {
    api: await FaultServer.start(certificate),
    other: await FaultServer.start(certificate),
    third: await FaultServer.start(certificate),
  };
  const box = new Sandbox();
  box.ownProvider({
    ...unreal,
    headers: { 'X-Every-Call': 'tok-every-callEXAMPLE' },
    ...declare(places),
    id: 'two',
  });
  const env = { KEYS_PROVIDER: 'two', KEYS_URL: places.api.origin, KEYS_TOKEN: sessionToken };
  const trusting = { ...env, NODE_EXTRA_CA_CERTS: certificate.file };
  const keys = (args: readonly string[], { isTrusting = true, stdin = '' } = {}) =>
    box.program([...args, '--json', '--debug'], { env: isTrusting ? trusting : env, stdin });
  return { ...places, keys };
}

/** Everything that a server received, headers and bodies. */
function seenBy({ received }: FaultServer): string {
  return received
    .map(({ path, headers, body }) => `${path} ${JSON.stringify(headers)} ${String(body)}`)
    .join('\n');
}

describe.skipIf(!hasOpenssl)('a token endpoint at another origin', () => {
  const exchanging = () =>
    start(({ other }) => ({
      auth: {
        ...unreal.auth,
        exchange: {
          post: `${other.origin}/oauth/token`,
          form: { grant_type: 'client_credentials', client_secret: '{token}' },
          token: 'access_token',
          expiresIn: 'expires_in',
        },
      },
    }));

  test('gets the session token and nothing else, and the API gets the access token alone', async () => {
    const { api, other, keys } = await exchanging();
    other.on('POST /oauth/token', issued);
    api.on('GET /v1/keys', noKeys);
    const run = await keys(['list']);
    expect(run).toMatchObject({ exit: 0, stdout: '[]\n' });
    expect(String(other.received[0]?.body)).toBe(
      `grant_type=client_credentials&client_secret=${sessionToken}`,
    );
    expect(other.received[0]?.headers.authorization).toBeUndefined();
    expect(seenBy(other)).not.toContain('every-call');
    expect(seenBy(other)).not.toContain(accessToken);
    expect(api.received[0]?.headers.authorization).toBe(`Bearer ${accessToken}`);
    expect(seenBy(api)).not.toContain(sessionToken);
  });

  test.each([301, 302, 307, 308])('that redirects (%i) is refused, and nothing follows', async (status) => {
    const { api, other, third, keys } = await exchanging();
    other.on('POST /oauth/token', redirect(status, `${third.origin}/oauth/token`));
    const run = await keys(['list']);
    expect(run.exit).toBe(7);
    expect(run.stderr).toContain('redirect_refused');
    expect([api.received, third.received]).toEqual([[], []]);
  });

  test('that does not answer is given up in time', async () => {
    const { api, other, keys } = await exchanging();
    other.always('POST /oauth/token', silent);
    const run = await keys(['list', '--timeout', '1s']);
    expect(run.exit).toBe(7);
    expect(run.stderr).toContain('timed_out');
    expect(api.received).toEqual([]);
  });

  test('whose certificate is not trusted gets nothing', async () => {
    const { api, other, keys } = await exchanging();
    const run = await keys(['list'], { isTrusting: false });
    expect(run.exit).toBe(7);
    expect(run.stderr).toContain('tls_failed');
    expect([api.received, other.received]).toEqual([[], []]);
  });

  test('whose access token the API sends elsewhere is not followed there', async () => {
    const { api, other, third, keys } = await exchanging();
    other.on('POST /oauth/token', issued);
    api.on('GET /v1/keys', redirect(302, `${third.origin}/v1/keys`));
    const run = await keys(['list']);
    expect(run.exit).toBe(7);
    expect(run.stderr).toContain('redirect_refused');
    expect(third.received).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)('a call that verifies a key at another origin', () => {
  const verifying = () =>
    start(({ other }) => ({ verify: { get: '/me', url: other.origin, requires: 'data' } }));

  test('gets the key and nothing else', async () => {
    const { api, other, keys } = await verifying();
    other.on('GET /me', success({ id: 'me' }));
    const run = await keys(['verify'], { stdin: key });
    expect(run.exit, run.stderr).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: true, reason: 'ok' });
    expect(other.received[0]?.headers.authorization).toBe(`Bearer ${key}`);
    expect(seenBy(other)).not.toContain(sessionToken);
    expect(seenBy(other)).not.toContain('every-call');
    expect(seenBy(api)).not.toContain(key);
  });

  test('never gets the session token, even as the key', async () => {
    const { api, other, keys } = await verifying();
    const run = await keys(['verify'], { stdin: sessionToken });
    expect(run.exit).toBe(2);
    expect(run.stderr).toContain('this is the session token');
    expect([api.received, other.received]).toEqual([[], []]);
  });

  test('that redirects is not followed, to the API or anywhere', async () => {
    for (const target of ['api', 'third'] as const) {
      const { other, keys, ...rest } = await verifying();
      other.on('GET /me', redirect(302, `${rest[target].origin}/v1/models`));
      const run = await keys(['verify'], { stdin: key });
      expect(JSON.parse(run.stdout)).toMatchObject({ valid: false, reason: 'unreachable' });
      expect(rest[target].received).toEqual([]);
    }
  });

  test('that does not answer leaves it open whether the key works', async () => {
    const { other, keys } = await verifying();
    other.always('GET /me', silent);
    const run = await keys(['verify', '--timeout', '1s'], { stdin: key });
    expect(run.exit).toBe(8);
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: false, reason: 'unreachable', httpStatus: null });
    expect(run.stderr).toContain('timed_out');
  });

  test('whose certificate is not trusted gets nothing', async () => {
    const { other, keys } = await verifying();
    const run = await keys(['verify'], { stdin: key, isTrusting: false });
    expect(JSON.parse(run.stdout)).toMatchObject({ valid: false, reason: 'unreachable' });
    expect(other.received).toEqual([]);
  });
});
