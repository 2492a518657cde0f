import { version as nodeVersion, platform } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import type { StopSignal } from '../platform/stop-signal.ts';
import { signalOf } from '../platform/stop-signal.ts';
import type { Connections } from './connections.ts';
import { openConnections } from './connections.ts';
import type { Decision, SendState } from './decide.ts';
import { decide, interruptedWhileWaiting, startOf } from './decide.ts';
import type { Outcome } from './exchange.ts';
import { exchange } from './exchange.ts';
import { proxyFor } from './proxy-for.ts';
import type { HttpRequest } from './request.ts';
import type { HttpResponse } from './response.ts';
import { readResponse } from './response.ts';
import { maxAttempts } from './retry.ts';
import { requestLine, responseLine } from './trace.ts';
import type { Endpoint } from './transport-error.ts';
import { transportErrorOf } from './transport-error.ts';
import { headersOf, revealBody, revealHeaders, withoutSentSecrets } from './wire.ts';

export interface HttpClient {
  /**
   * Resolves with the response, whatever its status, once retries are used up. Throws `KeysError`, exit `network`, for:
   * no connection (`connection_failed`, `tls_failed`, `proxy_failed`), a timeout (`timed_out`), a reply that is not HTTP
   * (`not_http`) or over 32 MB (`body_too_large`), a redirect to another place (`redirect_refused`), and a write that may
   * or may not have taken effect (`reply_lost`). Throws `interrupted()` if nothing was done.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Loads what the first request needs, and connects, while the caller waits for something else. Sends nothing. */
  prepare(): void;
  /** Waits; rejects when the signal of the client aborts. */
  pause(milliseconds: number): Promise<void>;
  /** Ends all connections. Without it, a connection that is being opened keeps the process alive. */
  close(): Promise<void>;
}

export interface HttpOptions {
  /** The only origin that requests go to. */
  origin: string;
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY, upper or lower case. */
  env: Environment;
  /** Of this program, for User-Agent. */
  version: string;
  /** For connecting, and for silence before the headers and between pieces of the body. */
  timeoutMs: number;
  /** Aborts when requests and waits must end. */
  signal: StopSignal;
  /** Aborts at the first request to stop, never after `signal`: it ends the waits between attempts, and no attempt. */
  asked?: StopSignal;
  /** Takes the lines of --debug, which never hold a secret. If it fails, the request continues. */
  trace?: (line: string) => void | Promise<void>;
  now: () => Date;
  /** Waits before a retry; rejects when the signal aborts. */
  pause?: (milliseconds: number, signal: StopSignal) => Promise<void>;
  /** At least 0, less than 1. */
  random?: () => number;
}

/** A call may take this many timeouts in all, however slowly its response arrives. */
const timeoutsPerCall = 4;

/** A client for one origin. Throws `KeysError` (usage) for a proxy variable that is not valid. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { timeoutMs, signal, asked = signal, now, pause = realPause, random = Math.random } = options;
  const { origin } = new URL(options.origin);
  const userAgent = `keys/${options.version} (node ${nodeVersion.slice(1)}; ${platform})`;
  const proxy = proxyFor(new URL(origin), options.env);
  const endpoint: Endpoint = {
    origin,
    isProxied: proxy !== undefined,
    timeoutMs,
    callLimitMs: timeoutMs * timeoutsPerCall,
  };

  let connections: Promise<Connections> | undefined;
  let isClosed = false;
  // Milliseconds since 1970. A 429 to one request holds back all that run at the same time.
  let rateLimitedUntil = 0;

  async function send(request: HttpRequest): Promise<HttpResponse> {
    if (request.url.origin !== origin)
      throw new Error(`a request for ${request.url.origin}, not for ${origin}`);
    if (isClosed) throw new Error('a request after the client was closed');
    let state = startOf(request);
    for (;;) {
      if (state.attempt === 1) await awaitRateLimit();
      const outcome = await attempt(state);
      const decision = decide(state, outcome, { endpoint, now: now(), random });
      if (decision.kind === 'done') {
        const { method } = request;
        return readResponse({ method, url: state.url }, decision.response, now());
      }
      if (decision.kind === 'give-up') throw decision.error;
      if (decision.kind === 'retry') await awaitRetry(decision);
      state = decision.next;
    }
  }

  async function attempt({ request, url }: SendState): Promise<Outcome> {
    const headers = headersOf(request, userAgent);
    await trace(() => requestLine({ ...request, url }, headers));
    const openedConnections = await opened();
    const startedAt = now().getTime();
    const outcome = await exchange(
      openedConnections,
      { method: request.method, url, headers: revealHeaders(headers), body: revealBody(request) },
      { timeoutMs, callLimitMs: endpoint.callLimitMs, signal },
    );
    const safeOutcome = outcome.kind === 'response' ? withoutSentSecrets(outcome, headers, request) : outcome;
    const elapsedMs = now().getTime() - startedAt;
    await trace(() => outcomeLine(safeOutcome, elapsedMs));
    return safeOutcome;
  }

  function outcomeLine(outcome: Outcome, elapsedMs: number): string {
    if (outcome.kind === 'response') return responseLine(outcome, elapsedMs);
    const { code, message } = transportErrorOf(outcome, endpoint);
    return `< ${code} in ${elapsedMs} ms: ${message}`;
  }

  async function awaitRateLimit(): Promise<void> {
    const delayMs = rateLimitedUntil - now().getTime();
    if (delayMs <= 0) return;
    await trace(() => `waiting ${delayMs} ms: the API's rate limit was reached`);
    await pause(delayMs, asked).catch((error: unknown) => {
      throw asked.aborted ? interrupted() : error;
    });
  }

  async function awaitRetry({ next, delayMs, isRateLimited }: Decision & { kind: 'retry' }): Promise<void> {
    if (isRateLimited) rateLimitedUntil = Math.max(rateLimitedUntil, now().getTime() + delayMs);
    await trace(() => `waiting ${delayMs} ms before attempt ${next.attempt} of ${maxAttempts}`);
    await pause(delayMs, asked).catch((error: unknown) => {
      throw asked.aborted ? interruptedWhileWaiting(next) : error;
    });
    if (isRateLimited) rateLimitedUntil = 0;
  }

  async function trace(line: () => string): Promise<void> {
    if (!options.trace) return;
    const text = line();
    try {
      await options.trace(text);
    } catch {
      // A closed stderr must not cost the response to a write.
    }
  }

  function opened(): Promise<Connections> {
    connections ??= openConnections(new URL(origin), proxy);
    return connections;
  }

  return {
    send,
    prepare() {
      if (!connections && !isClosed)
        opened().then(
          (open) => open.openEarly(),
          // The first request reports it.
          () => {},
        );
    },
    pause: (milliseconds) => pause(milliseconds, signal),
    async close() {
      isClosed = true;
      (await connections)?.close();
    },
  };
}

async function realPause(milliseconds: number, signal: StopSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal: signalOf(signal) });
}
