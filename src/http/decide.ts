import type { KeysError } from '../base/errors.ts';
import { interrupted } from '../base/errors.ts';
import type { ExchangeFailure, Outcome, RawResponse } from './exchange.ts';
import { maxRedirects, redirectTarget, tooManyRedirects } from './redirect.ts';
import type { HttpRequest } from './request.ts';
import { isRead } from './request.ts';
import { delayAfterFailure, delayAfterResponse, hadNoEffect } from './retry.ts';
import { pathOf } from './trace.ts';
import type { AmbiguousWrite, Endpoint } from './transport-error.ts';
import { networkError, replyLost, transportErrorOf } from './transport-error.ts';

/** What is known of a request between two attempts. */
export interface SendState {
  readonly request: HttpRequest;
  /** Where the next attempt goes. */
  readonly url: URL;
  /** From 1; a redirect is no attempt. */
  readonly attempt: number;
  readonly redirects: number;
  /** Set once an attempt at a write may have taken effect. */
  readonly ambiguous?: AmbiguousWrite;
}

export type Decision =
  | { kind: 'done'; response: RawResponse }
  | { kind: 'give-up'; error: KeysError }
  | { kind: 'redirect'; next: SendState }
  | { kind: 'retry'; next: SendState; delayMs: number; isRateLimited: boolean };

export interface Circumstances {
  endpoint: Endpoint;
  now: Date;
  /** At least 0, less than 1. */
  random: () => number;
}

export function startOf(request: HttpRequest): SendState {
  return { request, url: request.url, attempt: 1, redirects: 0 };
}

/** What follows from the outcome of an attempt. Throws `KeysError` for a redirect that must not be followed. */
export function decide(state: SendState, outcome: Outcome, circumstances: Circumstances): Decision {
  return outcome.kind === 'response'
    ? afterResponse(state, outcome, circumstances)
    : afterFailure(state, outcome, circumstances);
}

function afterResponse(state: SendState, response: RawResponse, circumstances: Circumstances): Decision {
  const { request, url, attempt, redirects, ambiguous } = state;
  const { endpoint, now, random } = circumstances;
  const { status } = response;
  const isWriteRedirected = !isRead(request) && status >= 300 && status < 400;
  if (isWriteRedirected && ambiguous) return lost(state, refusedLater(ambiguous, status));
  // The API may have done its work: 303 says that the result is elsewhere (RFC 9110 section 15.4.4).
  if (isWriteRedirected && status === 303)
    return lost(state, { message: `${endpoint.origin} answered 303, which refers to another address` });
  const target = redirectTarget(request.method, url, response);
  if (target && redirects === maxRedirects)
    return { kind: 'give-up', error: tooManyRedirects(request.method, request.url) };
  if (target) return { kind: 'redirect', next: { ...state, url: target, redirects: redirects + 1 } };

  const { repeatable } = request;
  const delayMs = delayAfterResponse(response, { attempt, repeatable, now, random });
  if (delayMs !== undefined) {
    const mayHaveActed = !isRead(request) && !hadNoEffect(response, now);
    const doubt = mayHaveActed ? { message: `${endpoint.origin} answered ${status}` } : undefined;
    return retry(state, delayMs, ambiguous ?? doubt, status === 429);
  }
  if (ambiguous && status >= 400 && status < 500) return lost(state, refusedLater(ambiguous, status));
  return { kind: 'done', response };
}

function afterFailure(state: SendState, failure: ExchangeFailure, circumstances: Circumstances): Decision {
  const { request, attempt } = state;
  const { endpoint, now, random } = circumstances;
  const error = transportErrorOf(failure, endpoint);
  const ambiguous = !isRead(request) && failure.isSent ? error : state.ambiguous;
  if (failure.cause === 'interrupt' && !ambiguous) return { kind: 'give-up', error: interrupted() };
  const { repeatable } = request;
  const delayMs = delayAfterFailure(failure, error, { attempt, repeatable, now, random });
  if (delayMs !== undefined) return retry(state, delayMs, ambiguous, false);
  return ambiguous ? lost(state, ambiguous) : { kind: 'give-up', error: networkError(error) };
}

/** The refusal of a repeated write says nothing about the first attempt. */
function refusedLater(ambiguous: AmbiguousWrite, status: number): AmbiguousWrite {
  return { ...ambiguous, message: `${ambiguous.message}, and later it answered ${status}` };
}

function retry(
  state: SendState,
  delayMs: number,
  ambiguous: AmbiguousWrite | undefined,
  isRateLimited: boolean,
): Decision {
  const next = { ...state, attempt: state.attempt + 1, ...(ambiguous && { ambiguous }) };
  return { kind: 'retry', next, delayMs, isRateLimited };
}

function lost({ request, url }: SendState, ambiguous: AmbiguousWrite): Decision {
  return { kind: 'give-up', error: replyLost(`${request.method} ${pathOf(url)}`, ambiguous) };
}

/** The error for a request that was interrupted while it waited for its next attempt. */
export function interruptedWhileWaiting({ request, url, ambiguous }: SendState): KeysError {
  if (!ambiguous) return interrupted();
  return replyLost(`${request.method} ${pathOf(url)}`, { ...ambiguous, code: 'interrupted' });
}
