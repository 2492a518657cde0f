import { expect, test } from 'vitest';
import { ProxyError } from '../../src/http/proxy-error.ts';
import { transportErrorOf } from '../../src/http/transport-error.ts';

const endpoint = {
  origin: 'https://api.example.com',
  isProxied: true,
  timeoutMs: 1000,
  callLimitMs: 4000,
};

function errorOf(cause: Error) {
  return transportErrorOf({ kind: 'failure', isSent: false, cause }, endpoint);
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test.each([
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'is not valid yet'],
])('%s may be the fault of our clock', (code, fault) => {
  expect(errorOf(systemError(code))).toEqual({
    code: 'tls_failed',
    message: `the certificate of https://api.example.com ${fault} (${code})`,
    hints: ['check the date of this machine: date'],
    retryable: false,
  });
});

test.each([
  ['ENOTFOUND', 'the host name is unknown'],
  ['ECONNREFUSED', 'the connection was refused'],
])('a proxy that cannot be reached (%s) is not taken for the API', (code, reason) => {
  expect(errorOf(new ProxyError({ cause: systemError(code) }))).toMatchObject({
    code: 'proxy_failed',
    message: `cannot connect to the proxy: ${reason} (${code})`,
  });
});
