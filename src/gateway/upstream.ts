import { setMaxListeners } from 'node:events';
import type { Secret } from '../base/secret.ts';
import type { Environment } from '../platform/env.ts';
import { openDispatcher } from './dispatcher.ts';
import { forward } from './forward.ts';
import type { Prices } from './prices.ts';
import type { ProxyResult, Upstream, UpstreamTarget, UpstreamTimeouts } from './types.ts';
import { UpstreamKey } from './upstream-key.ts';
import { basePathOf } from './upstream-path.ts';

export interface UpstreamOptions {
  /**
   * http or https, without credentials, query and fragment. A call of `/v1/models` goes to `<url>/models` if its path
   * ends in `/v1`, else to `<url>/v1/models`.
   */
  url: URL;
  /** Reads the upstream's own key: once, and again after the upstream rejected it. Absent: no key is sent. */
  key?: (() => Promise<Secret>) | undefined;
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY, upper or lower case. */
  env: Environment;
  timeouts: UpstreamTimeouts;
  /** What calls cost whose responses do not say it; absent: nothing. */
  prices?: Prices | undefined;
}

/** Throws `KeysError` (usage) for a URL, or a proxy variable, that cannot be used. */
export function openUpstream({ url, key, env, timeouts, prices }: UpstreamOptions): Upstream {
  const basePath = basePathOf(url, key !== undefined);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const dispatcher = openDispatcher(url, { env, timeoutMs: timeouts.connectMs, closing: closing.signal });
  const target: UpstreamTarget = {
    dispatcher,
    origin: url.origin,
    basePath,
    timeouts,
    prices,
    ...(key && { key: new UpstreamKey(key) }),
  };
  const running = new Set<Promise<ProxyResult>>();
  let closePromise: Promise<void> | undefined;

  async function close(): Promise<void> {
    // Some may still wait for the key and have not reached the dispatcher.
    while (running.size > 0) await Promise.allSettled(running);
    await dispatcher.close();
    closing.abort();
  }

  return {
    prices,
    async forward(request, response) {
      const forwarding = forward(target, request, response);
      running.add(forwarding);
      try {
        return await forwarding;
      } finally {
        running.delete(forwarding);
      }
    },
    close() {
      closePromise ??= close();
      return closePromise;
    },
  };
}
