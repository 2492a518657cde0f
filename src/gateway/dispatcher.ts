import type { Dispatcher } from 'undici';
import { Agent, buildConnector, ProxyAgent } from 'undici';
import { proxyFor } from '../http/proxy-for.ts';
import type { Environment } from '../platform/env.ts';
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
): Dispatcher {
  const connect = { timeout: timeoutMs, signal: closing };
  // `send` has its own timers.
  const options = { connect, headersTimeout: 0, bodyTimeout: 0 };
  const proxy = proxyFor(origin, env);
  if (proxy) return new ProxyAgent({ ...options, uri: proxy.href, proxyTls: connect, requestTls: connect });
  const connector = tolerateInterim(refuseOnceClosed(buildConnector(connect), closing));
  return new Agent({ ...options, connect: connector });
}

/**
 * undici connects again after a response that was broken off, even if the dispatcher has been destroyed in the meantime.
 * `net.connect` opens that socket although its signal has aborted, and it would keep the process alive.
 */
function refuseOnceClosed(connect: Connector, closing: AbortSignal): Connector {
  return (options, done) => (closing.aborted ? done(closing.reason, null) : connect(options, done));
}
