import type { Dispatcher } from 'undici';
import { Agent, buildConnector, EnvHttpProxyAgent } from 'undici';
import { usageError } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import { isLoopback } from './address.ts';
import { tolerant } from './interim.ts';

export type { Dispatcher };

/**
 * The connections to one origin, with or without a proxy. `timeout` is in milliseconds, for connecting; `closing`
 * ends every connection at once, those that are still being made too, which undici by itself would wait for.
 * Throws `KeysError` (usage) for a proxy that is not an http or https URL.
 */
export function openDispatcher(
  origin: URL,
  { env, timeout, closing }: { env: Environment; timeout: number; closing: AbortSignal },
): { dispatcher: Dispatcher; proxied: boolean } {
  const connect = { timeout, signal: closing };
  // `exchange` watches over silence.
  const options = { connect, headersTimeout: 0, bodyTimeout: 0 };
  const proxy = proxyFor(origin, env);
  if (!proxy) {
    const own = tolerant(buildConnector(connect));
    return { dispatcher: new Agent({ ...options, connect: own }), proxied: false };
  }
  // An empty text, where undefined would make undici look into the environment of the process.
  const dispatcher = new EnvHttpProxyAgent({
    ...options,
    proxyTls: connect,
    requestTls: connect,
    httpProxy: origin.protocol === 'http:' ? proxy : '',
    httpsProxy: origin.protocol === 'https:' ? proxy : '',
    noProxy: env.no_proxy || env.NO_PROXY || '',
  });
  return { dispatcher, proxied: true };
}

/**
 * The proxy for an origin, from the variable of its scheme; lower case names first, as curl does (curl.se/docs/manpage.html#ENVIRONMENT).
 * What goes to this machine over http: is not encrypted, so it takes no proxy but one on this machine.
 */
function proxyFor(origin: URL, env: Environment): string | undefined {
  const secure = origin.protocol === 'https:';
  const text = secure ? env.https_proxy || env.HTTPS_PROXY : env.http_proxy || env.HTTP_PROXY;
  if (!text) return undefined;
  // curl and others take `proxy.example.com:3128` too.
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    // Without its value, which may hold a password.
    throw usageError(
      `${secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'} is not the URL of an http or https proxy`,
      `export ${secure ? 'HTTPS_PROXY' : 'HTTP_PROXY'}=http://proxy.example.com:3128`,
    );
  }
  return secure || isLoopback(new URL(url)) ? url : undefined;
}
