import { expect, test } from 'vitest';
import { headersForCaller, headersForUpstream } from '../../src/gateway/headers.ts';

test('an upstream sees the headers of the call', () => {
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'openai-beta': 'assistants=v2',
    'idempotency-key': 'abc',
    'x-several': ['a', 'b'],
    'if-none-match': '"x"',
  };
  expect(headersForUpstream({ ...headers, 'x-absent': undefined })).toEqual({
    ...headers,
    'accept-encoding': 'identity',
  });
});

test.each([
  ...['authorization', 'x-api-key', 'api-key', 'cookie', 'cookie2', 'proxy-authorization', 'proxy-anything'],
  ...['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'proxy-connection'],
  ...['forwarded', 'x-forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-anything', 'x-real-ip'],
  ...['host', 'content-length', 'expect', 'x-model', 'openai-organization', 'openai-project'],
  ...['x-http-method-override', 'x-original-url', 'x-named-by-connection'],
])('an upstream does not see %s', (name) => {
  const headers = { connection: 'close, X-Named-By-Connection', [name]: 'x', 'x-kept': 'y' };
  expect(headersForUpstream(headers)).toEqual({ 'x-kept': 'y', 'accept-encoding': 'identity' });
});

test('an upstream is asked not to compress, whatever the caller accepts', () => {
  expect(headersForUpstream({ 'accept-encoding': 'gzip, br' })).toEqual({ 'accept-encoding': 'identity' });
});

test('a caller sees the headers of the response', () => {
  const headers = {
    'content-type': 'application/json',
    'content-length': '12',
    'x-request-id': 'req-1',
    'x-several': ['a', 'b'],
    'cache-control': 'no-cache',
  };
  expect(headersForCaller(headers, () => false)).toEqual(headers);
});

test.each([
  ...['set-cookie', 'set-cookie2', 'authorization', 'x-api-key', 'api-key', 'cookie', 'www-authenticate'],
  ...['authentication-info', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-anything'],
  ...['connection', 'keep-alive', 'trailer', 'transfer-encoding', 'upgrade', 'x-named-by-connection'],
  ...['alt-svc', 'strict-transport-security', 'clear-site-data', 'openai-organization'],
])('a caller does not see %s', (name) => {
  const headers = { connection: ['close', 'x, X-Named-By-Connection'], [name]: 'x', 'x-kept': 'y' };
  expect(headersForCaller(headers as never, () => false)).toEqual({ 'x-kept': 'y' });
});

test('a caller does not see a value that contains the secret', () => {
  const headers = { 'x-a': 'with secret', 'x-b': ['a', 'a secret'], 'x-c': 'none' };
  expect(headersForCaller(headers, (text) => text.includes('secret'))).toEqual({ 'x-c': 'none' });
});

test.each<[string | string[]]>([[['12', '12']], ['12, 12'], ['-1'], ['x'], ['']])(
  '%j is not a valid length',
  (length) => {
    expect(headersForCaller({ 'content-length': length as never }, () => false)).toEqual({});
  },
);
