import type { Dispatcher } from 'undici';
import { Agent, buildConnector, EnvHttpProxyAgent } from 'undici';
import { usageError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import { isLoopback } from './base-url.ts';
import type { Connector } from './interim.ts';
import { tolerateInterim } from './interim.ts';

export type { Dispatcher };

/**
 * The connections to one origin, with or without a proxy. `timeoutMs` is for connecting. `closing` ends every connection
 * at once, including those still being opened, which undici would wait for. Throws `KeysError` (usage) for a proxy that
 * is not an http or https URL.
 */
export function openDispatcher(
  origin: URL,
  { env, timeoutMs, closing }: { env: Environment; timeoutMs: number; closing: AbortSignal },
): { dispatcher: Dispatcher; isProxied: boolean } {
  const connect = { timeout: timeoutMs, signal: closing };
  // `exchange` has its own timers.
  const options = { connect, headersTimeout: 0, bodyTimeout: 0 };
  const proxy = proxyFor(origin, env);
  if (!proxy) {
    const connector = tolerateInterim(refuseOnceClosed(buildConnector(connect), closing));
    return { dispatcher: new Agent({ ...options, connect: connector }), isProxied: false };
  }
  // Empty strings, because undefined would make undici read the environment of the process.
  const dispatcher = new EnvHttpProxyAgent({
    ...options,
    proxyTls: connect,
    requestTls: connect,
    httpProxy: origin.protocol === 'http:' ? proxy : '',
    httpsProxy: origin.protocol === 'https:' ? proxy : '',
    noProxy: env.no_proxy || env.NO_PROXY || '',
  });
  return { dispatcher, isProxied: true };
}

/**
 * undici connects again after a response that was broken off, even if the dispatcher has been destroyed in the meantime.
 * `net.connect` opens that socket although its signal has aborted, and it would keep the process alive.
 */
function refuseOnceClosed(connect: Connector, closing: AbortSignal): Connector {
  return (options, done) => (closing.aborted ? done(closing.reason, null) : connect(options, done));
}

/**
 * The proxy for an origin, from the variable of its scheme; lower case names first, as in curl
 * (curl.se/docs/manpage.html#ENVIRONMENT). Plain http: requests stay on this machine, so they only use a proxy on it.
 */
function proxyFor(origin: URL, env: Environment): string | undefined {
  const isSecure = origin.protocol === 'https:';
  const text = isSecure ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!text) return undefined;
  // curl and others also accept `proxy.example.com:3128`.
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    // The value may hold a password, so it is not repeated.
    throw usageError(
      `${isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY'} is not the URL of an http or https proxy`,
      `export ${isSecure ? 'HTTPS_PROXY' : 'HTTP_PROXY'}=http://proxy.example.com:3128`,
    );
  }
  return isSecure || isLoopback(new URL(url)) ? url : undefined;
}
