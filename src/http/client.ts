import { setMaxListeners } from 'node:events';
import { version as nodeVersion, platform } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../base/errors.ts';
import type { Environment } from '../platform/env.ts';
import { openDispatcher } from './dispatcher.ts';
import type { Breakdown, Reply } from './exchange.ts';
import { exchange } from './exchange.ts';
import type { HttpRequest, HttpResponse } from './message.ts';
import { isRead, responseOf } from './message.ts';
import { maxRedirects, redirectTarget, tooManyRedirects } from './redirect.ts';
import { backoff, didNothing, maxAttempts, mayRepeatAfter, waitAfterReply } from './retry.ts';
import { pathOf, replyLine, requestLine } from './trace.ts';
import type { Doubt } from './transport-error.ts';
import { faultOf, networkError, replyLost } from './transport-error.ts';
import { bodyWithoutSent, headersOf, revealBody, revealHeaders, withoutSent } from './wire.ts';

export type { HttpRequest, HttpResponse, JsonBody } from './message.ts';

export interface HttpClient {
  /**
   * Resolves with the reply of any status, once retries are used up. Throws `KeysError`, exit `network`, for: no
   * connection (`connection_failed`, `tls_failed`, `proxy_failed`), silence (`timed_out`), a reply that is not HTTP
   * (`not_http`) or over 32 MB (`body_too_large`), a redirect to elsewhere (`redirect_refused`), and `reply_lost`: a
   * write of which nobody knows whether it was done. Throws `interrupted()` where nothing was done.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Ends all connections at once. Without it, a connection that is being made keeps the process alive. */
  close(): Promise<void>;
}

export interface HttpOptions {
  /** Requests go to this origin only. */
  origin: string;
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY, upper or lower case. */
  env: Environment;
  /** Of this program, for User-Agent. */
  version: string;
  /** Milliseconds, for connecting and for silence (before the headers and between pieces of the body). */
  timeout: number;
  interrupt: AbortSignal;
  /** Takes the lines of --debug, which never hold a secret. Where it fails, the request goes on. */
  trace?: (line: string) => void | Promise<void>;
  now: () => Date;
  /** Waits before a retry; rejects when the signal aborts. */
  pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, less than 1. */
  random?: () => number;
}

/** A call ends after as many times the timeout, however its reply trickles in. */
export const callTimeouts = 4;

/** A client for one origin. Throws `KeysError` (usage) for a proxy variable that cannot be used. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const { timeout, interrupt, now } = options;
  const limit = timeout * callTimeouts;
  const { pause = realPause, random = Math.random } = options;
  const { origin } = new URL(options.origin);
  const userAgent = `keys/${options.version} (node ${nodeVersion.slice(1)}; ${platform})`;
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const { dispatcher, proxied } = openDispatcher(new URL(origin), {
    env: options.env,
    timeout,
    closing: closing.signal,
  });

  // Milliseconds since 1970. One answer of 429 is meant for everybody who asks at the same time.
  let quietUntil = 0;

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const { method, repeatable } = request;
    if (request.url.origin !== origin)
      throw new Error(`a request for ${request.url.origin}, not for ${origin}`);
    const isWrite = !isRead(request);
    let { url } = request;
    let redirects = 0;
    // Why the write may have been done by one of the attempts so far.
    let doubt: Doubt | undefined;
    const lost = (why: Doubt) => replyLost(`${method} ${pathOf(url)}`, why);
    for (let attempt = 1; ; ) {
      if (attempt === 1) await untilQuiet();
      const outcome = await attemptOnce(request, url);
      let wait: number | undefined;
      if (outcome.kind === 'reply') {
        const { status } = outcome;
        const target = redirectTarget(method, url, outcome);
        if (target) {
          redirects += 1;
          if (redirects > maxRedirects) throw tooManyRedirects(method, request.url);
          url = target;
          continue;
        }
        if (attempt < maxAttempts)
          wait = waitAfterReply(outcome, { attempt, repeatable, now: now(), random });
        if (wait === undefined) {
          // The refusal of a repetition is no word on what was done before.
          if (doubt && status >= 400 && status < 500)
            throw lost({ ...doubt, message: `${doubt.message}, and later it answered ${status}` });
          return responseOf({ method, url }, outcome, now());
        }
        if (isWrite && !didNothing(outcome, now())) doubt ??= { message: `${origin} answered ${status}` };
      } else {
        const fault = faultOf(outcome, { origin, proxied, timeout, limit });
        if (isWrite && outcome.sent) doubt = fault;
        if (outcome.cause === 'interrupt' && !doubt) throw interrupted();
        if (attempt >= maxAttempts || !mayRepeatAfter(outcome, fault, repeatable)) {
          throw doubt ? lost(doubt) : networkError(fault);
        }
        wait = backoff(attempt, random);
      }
      attempt += 1;
      const slows = outcome.kind === 'reply' && outcome.status === 429;
      if (slows) quietUntil = Math.max(quietUntil, now().getTime() + wait);
      await waitFor(wait, attempt).catch((error: unknown) => {
        if (!interrupt.aborted) throw error;
        throw doubt ? lost({ ...doubt, code: 'interrupted' }) : interrupted();
      });
      if (slows) quietUntil = 0;
    }
  }

  async function untilQuiet(): Promise<void> {
    const wait = quietUntil - now().getTime();
    if (wait <= 0) return;
    await trace(() => `waiting ${wait} ms: the rate limit of the API was reached`);
    await pause(wait, interrupt).catch((error: unknown) => {
      throw interrupt.aborted ? interrupted() : error;
    });
  }

  async function attemptOnce(request: HttpRequest, url: URL): Promise<Reply | Breakdown> {
    const headers = headersOf(request, userAgent);
    await trace(() => requestLine({ ...request, url }, headers));
    const begun = now().getTime();
    const answer = await exchange(
      dispatcher,
      { method: request.method, url, headers: revealHeaders(headers), body: revealBody(request.body) },
      { timeout, limit, interrupt },
    );
    const outcome =
      answer.kind === 'reply'
        ? {
            ...answer,
            headers: withoutSent(answer.headers, headers),
            body: bodyWithoutSent(answer.body, headers),
          }
        : answer;
    const took = now().getTime() - begun;
    await trace(() => (outcome.kind === 'reply' ? replyLine(outcome, took) : breakdownLine(outcome, took)));
    return outcome;
  }

  function breakdownLine(outcome: Breakdown, milliseconds: number): string {
    const { code, message } = faultOf(outcome, { origin, proxied, timeout, limit });
    return `< ${code} in ${milliseconds} ms: ${message}`;
  }

  async function waitFor(milliseconds: number, attempt: number): Promise<void> {
    await trace(() => `waiting ${milliseconds} ms before attempt ${attempt} of ${maxAttempts}`);
    await pause(milliseconds, interrupt);
  }

  async function trace(line: () => string): Promise<void> {
    if (!options.trace) return;
    const text = line();
    try {
      await options.trace(text);
    } catch {
      // A closed stderr must not cost the reply of a write.
    }
  }

  return {
    send,
    async close() {
      await dispatcher.destroy();
      closing.abort();
    },
  };
}

async function realPause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}
