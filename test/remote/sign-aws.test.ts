import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import type { HttpRequest } from '../../src/http/request.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import { signAws } from '../../src/remote/sign-aws.ts';
import { failureIn } from '../support/failure.ts';
import { FaultServer, json } from '../support/fault-server.ts';
import { remoteAt } from './remote-of.ts';

const credential = new Secret('AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
const at = new Date('2015-08-30T12:36:00Z');

async function signatureOf(request: Partial<HttpRequest> & { url: URL }, service: string) {
  const signed = await signAws(
    { method: 'GET', repeatable: true, ...request },
    { service, region: 'us-east-1' },
    credential,
    at,
  );
  const authorization = signed.headers?.authorization;
  if (!(authorization instanceof Secret)) throw new Error('the signature is no secret');
  return { headers: signed.headers, authorization: authorization.reveal() };
}

/*
 * The vectors of AWS: the example of "Create a signed AWS API request" in the IAM User Guide, and three cases of the
 * Signature Version 4 test suite (aws-sig-v4-test-suite: get-vanilla, get-vanilla-query-order-key-case,
 * post-x-www-form-urlencoded).
 */
test.each<
  [
    name: string,
    request: Partial<HttpRequest> & { url: URL },
    service: string,
    headers: string,
    signature: string,
  ]
>([
  [
    'the example of the IAM User Guide',
    {
      url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    },
    'iam',
    'content-type;host;x-amz-date',
    '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  ],
  [
    'get-vanilla',
    { url: new URL('https://example.amazonaws.com/') },
    'service',
    'host;x-amz-date',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  ],
  [
    'get-vanilla-query-order-key-case',
    { url: new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1') },
    'service',
    'host;x-amz-date',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      method: 'POST',
      url: new URL('https://example.amazonaws.com/'),
      body: { Param1: 'value1' },
      encoding: 'form',
    },
    'service',
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
])('%s', async (_, request, service, headers, signature) => {
  const signed = await signatureOf(request, service);
  expect(signed.authorization).toBe(
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=${headers}, Signature=${signature}`,
  );
  expect(signed.headers?.['x-amz-date']).toBe('20150830T123600Z');
});

describe('a provider that signs', () => {
  const sign = { by: 'aws-sigv4', service: 'iam', region: 'us-east-1' } as const;
  const provider = { ...unreal, auth: { header: 'Authorization', sign } };

  test('sends the id and the signature, and never the secret', async () => {
    const server = await FaultServer.start();
    const place = { url: server.url('/'), token: 'AKIDEXAMPLE:sk-abcdefghijklmnoEXAMPLE', now: () => at };
    const { backend, api } = remoteAt(provider, place);
    server.on('GET /v1/keys', json(200, { keys: [] })).on('GET /v1/other', json(200, {}));
    await backend.list();
    await api.call('GET', '/v1/other', undefined);
    for (const request of server.received) {
      expect(request.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/iam\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
      );
      expect(JSON.stringify(request)).not.toContain('sk-abcdefghijklmnoEXAMPLE');
    }
    expect(server.received).toHaveLength(2);
  });

  test.each(['tok-EXAMPLE', 'AKIDEXAMPLE:', ':secret', 'a:b:c'])(
    'refuses %s before any call',
    async (token) => {
      const server = await FaultServer.start();
      const { backend } = remoteAt(provider, { url: server.url('/'), token, now: () => at });
      const failure = await failureIn(backend.list());
      expect(failure).toMatchObject({ code: 'token_malformed' });
      expect(failure.message).not.toContain(token);
      expect(server.received).toEqual([]);
    },
  );

  test.each<[auth: object, path?: string]>([
    [{ header: 'Authorization', sign }],
    [{ header: 'Authorization', scheme: 'Bearer', sign }, 'auth.sign'],
    [{ header: 'x-api-key', sign }, 'auth.sign'],
    [{ header: 'Authorization', sign: { ...sign, by: 'rot13' } }, 'auth.sign.by'],
    [{ header: 'Authorization', sign: { by: 'aws-sigv4' } }, 'auth.sign.service'],
  ])('%j', (auth, path) => {
    const { issues } = checkProvider(JSON.parse(JSON.stringify({ ...unreal, auth })));
    expect(issues.map((issue) => issue.path)[0]).toBe(path);
  });
});
