import type { ErrorCode } from '../base/error-codes.ts';
import { KeysError, systemCode } from '../base/errors.ts';
import type { Breakdown } from './exchange.ts';

/** Why an exchange came to no reply, in words. */
export interface Fault {
  /** Stable: `connection_failed`, `tls_failed`, `timed_out`, `body_too_large`, `not_http` or `proxy_failed`. */
  code: ErrorCode;
  message: string;
  hints: readonly string[];
  /** To try again at once would end the same way. */
  lasting: boolean;
}

export interface Line {
  origin: string;
  /** A proxy is set for the origin, and used unless NO_PROXY names it. */
  proxied: boolean;
  /** Milliseconds. */
  timeout: number;
  /** Milliseconds for a whole exchange. */
  limit: number;
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
  /^(CERT_|CRL_|ERR_SSL_|ERR_TLS_|EPROTO$|HOSTNAME_MISMATCH$|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_EXCEEDED$|UND_ERR_PRX_TLS$)/;

/**
 * Explains a breakdown by the codes of Node.js (nodejs.org/api/errors.html, nodejs.org/api/tls.html#x509-certificate-error-codes)
 * and undici. Throws the cause again where it is a wrong call of ours: a bug.
 */
export function faultOf({ cause, sent }: Breakdown, line: Line): Fault {
  const { origin } = line;
  if (cause === 'interrupt') return fault('interrupted', 'the request was interrupted', [], true);
  if (cause === 'size') return fault('body_too_large', `${origin} sent a body of more than 32 MB`, [], true);
  if (cause === 'silence') return silence(line, sent);
  if (cause === 'endless') return unending(line);

  const code = systemCode(cause) ?? cause.name;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED')
    throw cause;
  const refusal = /^Proxy response \((\d{3})\)/.exec(cause.message)?.[1];
  if (refusal) return proxyRefusal(line, refusal);
  if (trustCodes.has(code) || tlsCodes.test(code)) return tlsFault(line, code);
  if (cause.name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return fault('not_http', `the reply of ${origin} does not follow HTTP`, [checkUrl]);
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return silence(line, sent);
  if (sent) {
    return fault(
      'connection_failed',
      `the connection to ${origin} was closed before the reply was complete (${code})`,
    );
  }
  const what = whatFailed.get(code) ?? 'the connection could not be made';
  return fault('connection_failed', `no connection to ${origin}: ${what} (${code})`, [
    checkUrl,
    ...proxyHints(line),
  ]);
}

const whatFailed = new Map([
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', 'the connection was closed at once'],
  ['ENOTFOUND', 'the name of the host is not known'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up at the moment'],
]);

const checkUrl = 'check the URL of the profile: keys profile list';

function fault(code: ErrorCode, message: string, hints: readonly string[] = [], lasting = false): Fault {
  return { code, message, hints, lasting };
}

function silence(line: Line, sent: boolean): Fault {
  const seconds = `${line.timeout / 1000} s`;
  const moreTime = 'allow more time with --timeout 2min';
  return sent
    ? fault('timed_out', `${line.origin} fell silent for ${seconds}`, [moreTime])
    : fault('timed_out', `no connection to ${line.origin} within ${seconds}`, [
        moreTime,
        ...proxyHints(line),
      ]);
}

function unending({ origin, limit }: Line): Fault {
  return fault(
    'timed_out',
    `${origin} has not come to the end of its reply within ${limit / 1000} s`,
    ['allow more time with --timeout 2min'],
    true,
  );
}

function proxyHints({ origin, proxied }: Line): string[] {
  const variable = origin.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  if (proxied) {
    return [`check the proxy in ${variable}; hosts in NO_PROXY are reached without it`];
  }
  return variable === 'HTTPS_PROXY'
    ? ['behind a proxy: export HTTPS_PROXY=http://proxy.example.com:3128']
    : [];
}

function proxyRefusal(line: Line, status: string): Fault {
  const why = status === '407' ? 'it wants a user name and a password' : 'it refuses to connect';
  const lasting = !status.startsWith('5');
  return fault(
    'proxy_failed',
    `the proxy answered ${status}: ${why} to ${line.origin}`,
    proxyHints(line),
    lasting,
  );
}

function tlsFault({ origin }: Line, code: string): Fault {
  if (trustCodes.has(code)) {
    return fault(
      'tls_failed',
      `the certificate of ${origin} is signed by nobody that is trusted here (${code})`,
      ['if it is signed by your own authority: export NODE_EXTRA_CA_CERTS=/path/to/authority.pem'],
      true,
    );
  }
  const message =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? `the certificate of ${origin} is for another host (${code})`
      : `no TLS connection to ${origin} (${code})`;
  return fault('tls_failed', message, [checkUrl], true);
}

/**
 * The error for a request that came to no reply. No cause is attached: an error of the HTTP parser carries bytes of the
 * reply, and they may be a secret.
 */
export function networkError({ code, message, hints }: Fault): KeysError {
  return new KeysError({ code, message, hints, exit: 'network' });
}

/** Why a write may have been done, although no reply says so. */
export type Doubt = Pick<Fault, 'message'> & Partial<Fault>;

/** The error for a write that may have been done: only a look at the server can tell. */
export function replyLost(request: string, { code, message, hints = [] }: Doubt): KeysError {
  return new KeysError({
    code: 'reply_lost',
    // A write cut off by Ctrl-C may have taken effect.
    ...(code === 'interrupted' && { exit: 'unfinished' }),
    message: `the reply to ${request} was lost: ${message}; the server may or may not have done it`,
    hints: ['look before you try again: keys list', ...hints],
  });
}
