import type { ErrorCode } from '../base/error-codes.ts';
import { KeysError, systemCode } from '../base/errors.ts';
import type { ExchangeFailure } from './exchange.ts';
import { ProxyError } from './proxy-error.ts';

/** Why an exchange ended without a response, in words. */
export interface TransportError {
  /** `connection_failed`, `tls_failed`, `timed_out`, `body_too_large`, `not_http`, `proxy_failed` or `interrupted`. */
  code: ErrorCode;
  message: string;
  hints: readonly string[];
  /** An immediate second attempt may succeed. */
  retryable: boolean;
}

/** Where requests go, and how long they may take. */
export interface Endpoint {
  origin: string;
  /** Requests go through a proxy. */
  isProxied: boolean;
  timeoutMs: number;
  /** For a whole exchange. */
  callLimitMs: number;
}

const trustCodes = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const tlsCodes =
  /^(CERT_|CRL_|ERR_SSL_|ERR_TLS_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$)/;

const checkUrl = 'check the URL of the profile: keys profile list';
const allowMoreTime = 'allow more time with --timeout 2min';

/**
 * Explains a failed exchange by the codes of Node.js (nodejs.org/api/errors.html,
 * nodejs.org/api/tls.html#x509-certificate-error-codes).
 */
export function transportErrorOf({ cause, isSent }: ExchangeFailure, endpoint: Endpoint): TransportError {
  const { origin, callLimitMs } = endpoint;
  if (cause === 'interrupt') return permanent('interrupted', 'the request was interrupted');
  if (cause === 'too-large') return permanent('body_too_large', `${origin} sent a body of more than 32 MB`);
  if (cause === 'not-http') return notHttp(endpoint);
  if (cause === 'idle') return idleError(endpoint, isSent);
  if (cause === 'too-slow') {
    return permanent('timed_out', `${origin} did not finish its reply within ${callLimitMs / 1000} s`, [
      allowMoreTime,
    ]);
  }
  return connectionError(cause, isSent, endpoint);
}

function connectionError(error: Error, isSent: boolean, endpoint: Endpoint): TransportError {
  const { origin } = endpoint;
  if (error instanceof ProxyError) return proxyError(error, endpoint);
  const code = systemCode(error) ?? error.name;
  if (isTlsCode(code)) return tlsError(endpoint, code);
  // The parser reports the end of the connection within a body as an error of its own.
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') return notHttp(endpoint);
  if (isSent)
    return retryable(
      'connection_failed',
      `${origin} closed the connection before its reply was complete (${code})`,
    );
  return retryable('connection_failed', `cannot connect to ${origin}: ${reasonFor(code)}`, [
    checkUrl,
    ...proxyHints(endpoint),
  ]);
}

function isTlsCode(code: string): boolean {
  return trustCodes.has(code) || tlsCodes.test(code);
}

const reasons = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was closed at once'],
  ['ENOTFOUND', 'the host name is unknown'],
  ['EAI_AGAIN', 'the host name cannot be looked up at the moment'],
]);

function reasonFor(code: string): string {
  return `${reasons.get(code) ?? 'the connection failed'} (${code})`;
}

function retryable(code: ErrorCode, message: string, hints: readonly string[] = []): TransportError {
  return { code, message, hints, retryable: true };
}

function permanent(code: ErrorCode, message: string, hints: readonly string[] = []): TransportError {
  return { code, message, hints, retryable: false };
}

function idleError(endpoint: Endpoint, isSent: boolean): TransportError {
  const seconds = `${endpoint.timeoutMs / 1000} s`;
  if (isSent)
    return retryable('timed_out', `${endpoint.origin} sent nothing for ${seconds}`, [allowMoreTime]);
  return retryable('timed_out', `cannot connect to ${endpoint.origin} within ${seconds}`, [
    allowMoreTime,
    ...proxyHints(endpoint),
  ]);
}

function notHttp({ origin }: Endpoint): TransportError {
  return retryable('not_http', `the reply from ${origin} is not valid HTTP`, [checkUrl]);
}

function proxyHints({ origin, isProxied }: Endpoint): string[] {
  const variable = origin.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (isProxied) return [`check the proxy in ${variable}; NO_PROXY lists hosts to reach without it`];
  return variable === 'HTTPS_PROXY'
    ? ['if you are behind a proxy: export HTTPS_PROXY=http://proxy.example.com:3128']
    : [];
}

/** Nothing has reached the origin. */
function proxyError({ status, cause }: ProxyError, endpoint: Endpoint): TransportError {
  if (status !== undefined) return proxyRefusal(status, endpoint);
  const code = systemCode(cause);
  if (code !== undefined && isTlsCode(code)) return proxyTlsError(endpoint, code);
  const message =
    code === undefined || code.startsWith('HPE_')
      ? 'the reply from the proxy is not valid HTTP'
      : `cannot connect to the proxy: ${reasonFor(code)}`;
  return retryable('proxy_failed', message, proxyHints(endpoint));
}

function proxyRefusal(status: number, endpoint: Endpoint): TransportError {
  const reason =
    status === 407 ? 'it requires a user name and a password to connect' : 'it refused the connection';
  const message = `the proxy answered ${status}: ${reason} to ${endpoint.origin}`;
  const make = status >= 500 ? retryable : permanent;
  return make('proxy_failed', message, proxyHints(endpoint));
}

const trustOwnCa = 'if it is signed by your own CA: export NODE_EXTRA_CA_CERTS=/path/to/ca.pem';

function proxyTlsError(endpoint: Endpoint, code: string): TransportError {
  const trust = trustCodes.has(code) ? [trustOwnCa] : [];
  return permanent('tls_failed', `TLS connection to the proxy failed (${code})`, [
    ...trust,
    ...proxyHints(endpoint),
  ]);
}

const certificateFaults = new Map([
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host'],
  ['CERT_HAS_EXPIRED', 'has expired'],
  ['CERT_NOT_YET_VALID', 'is not valid yet'],
]);
const dateCodes = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

function tlsError({ origin }: Endpoint, code: string): TransportError {
  if (trustCodes.has(code)) {
    return permanent(
      'tls_failed',
      `the certificate of ${origin} is not trusted: unknown or self-signed CA (${code})`,
      [trustOwnCa],
    );
  }
  const hints = dateCodes.has(code) ? ['check the date of this machine: date'] : [checkUrl];
  const message = certificateFaults.has(code)
    ? `the certificate of ${origin} ${certificateFaults.get(code)} (${code})`
    : `TLS connection to ${origin} failed (${code})`;
  return permanent('tls_failed', message, hints);
}

/**
 * The error for a request without a response. It has no cause: an error of the HTTP parser carries bytes of the reply,
 * which may be a secret.
 */
export function networkError({ code, message, hints }: TransportError): KeysError {
  return new KeysError({ code, message, hints, exit: 'network' });
}

/** Why a write may have taken effect although no response confirms it. */
export type AmbiguousWrite = Pick<TransportError, 'message'> & Partial<TransportError>;

/** The error for a write that may have taken effect: only a look at the server can tell. */
export function replyLost(request: string, { code, message, hints = [] }: AmbiguousWrite): KeysError {
  return new KeysError({
    code: 'reply_lost',
    // A write cut off by Ctrl-C may have taken effect.
    ...(code === 'interrupted' && { exit: 'unfinished' }),
    message: `the reply to ${request} was lost: ${message}; the request may or may not have taken effect`,
    hints: ['look before you try again: keys list', ...hints],
  });
}
