import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Secret } from '../base/secret.ts';
import { openDispatcher } from '../http/dispatcher.ts';
import type { Environment } from '../platform/env.ts';
import type { Line } from './forward.ts';
import { pass } from './forward.ts';
import type { RefusalCode } from './refusal.ts';
import { OwnKey } from './upstream-key.ts';
import { basePath } from './upstream-target.ts';
import type { Usage } from './usage-block.ts';

export interface UpstreamOptions {
  /**
   * http or https, without credentials, query and fragment. A call of `/v1/models` goes to `<url>/models` if its path
   * ends in `/v1`, else to `<url>/v1/models`.
   */
  url: URL;
  /** Asks for the upstream's own key: once, and again after the upstream refused it. Absent: it wants none. */
  key?: (() => Promise<Secret>) | undefined;
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY, upper or lower case. */
  env: Environment;
  /** Milliseconds, for name, TCP, proxy and TLS together. */
  connectTimeout: number;
  /** Milliseconds without a byte from the upstream, before its headers and between pieces; also for a caller that takes none. */
  silence: number;
  /** Milliseconds for a whole answer, however steadily it comes. */
  longest: number;
}

/** A call that may be made: its caller's key has been checked, and what it asks for. */
export interface Passage {
  method: string;
  /** Path and query, beginning with `/v1/`. */
  target: string;
  headers: IncomingHttpHeaders;
  body: Buffer | undefined;
  /** The model that it names, if it does. */
  model?: string | undefined;
  /** The value with which the caller showed who it is; it never reaches the upstream. */
  callerKey: string;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
}

/** What came of a call. */
export interface Passed {
  /** What the caller got; 499 where it was gone. */
  status: number;
  /** What the upstream answered, if it did. */
  upstreamStatus?: number;
  /** Absent where the upstream's answer was passed on as a whole. */
  code?: RefusalCode | 'CLIENT_CLOSED';
  /** For the operator: a code of Node.js or undici such as ECONNREFUSED, or a few words. Never holds a secret. */
  reason?: string;
  /** What the answer says that it used, even where it broke off later; absent where it does not say. */
  usage?: Usage;
}

/** A server that calls are passed on to. */
export interface Upstream {
  /**
   * Passes a call on, once, and its answer back as it comes; ends the response, or destroys it where the answer broke
   * off. Resolves when the last byte was handed to the response. Headers that the response has already are kept.
   * Rejects only for bugs.
   */
  pass(passage: Passage, response: ServerResponse): Promise<Passed>;
  /** Ends idle connections, and the others when what runs over them has ended. */
  close(): Promise<void>;
}

/** Throws `KeysError` (usage) for a URL, and for a proxy variable, that cannot be used. */
export function openUpstream({ url, key, env, connectTimeout, silence, longest }: UpstreamOptions): Upstream {
  const base = basePath(url, key !== undefined);
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const { dispatcher } = openDispatcher(url, { env, timeoutMs: connectTimeout, closing: closing.signal });
  const line: Line = { dispatcher, origin: url.origin, base, connectTimeout, silence, longest };
  if (key) line.ownKey = new OwnKey(key);
  const running = new Set<Promise<Passed>>();
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    // Some may still wait for the key, and have not reached the dispatcher.
    while (running.size > 0) await Promise.allSettled(running);
    await dispatcher.close();
    closing.abort();
  }

  return {
    async pass(passage, response) {
      const passing = pass(line, passage, response);
      running.add(passing);
      try {
        return await passing;
      } finally {
        running.delete(passing);
      }
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}
