import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import type { Decision, SendState } from '../../src/http/decide.ts';
import { decide, startOf } from '../../src/http/decide.ts';
import type { ExchangeFailure, Outcome, RawResponse } from '../../src/http/exchange.ts';
import type { HttpRequest } from '../../src/http/request.ts';

const origin = 'https://api.example.com';
const url = new URL(`${origin}/v1/keys`);
const read: HttpRequest = { method: 'GET', url, repeatable: true };
const write: HttpRequest = { method: 'POST', url, repeatable: false };
const onceOnly: HttpRequest = { ...write, repeatable: true };

function response(status: number, headers: Record<string, string> = {}): RawResponse {
  return { kind: 'response', status, headers, body: Buffer.from('') };
}

function failure(cause: ExchangeFailure['cause'], sent: boolean): ExchangeFailure {
  return { kind: 'failure', cause, isSent: sent };
}

const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
const badCertificate = Object.assign(new Error('certificate'), { code: 'CERT_UNTRUSTED' });

function decideOn(request: HttpRequest, outcome: Outcome, state: Partial<SendState> = {}): Decision {
  const endpoint = { origin, isProxied: false, timeoutMs: 5000, callLimitMs: 20_000 };
  const now = new Date('2026-11-20T12:00:00Z');
  return decide({ ...startOf(request), ...state }, outcome, { endpoint, now, random: () => 0.5 });
}

/** The decision in one line. */
function summaryOf(decision: Decision): string {
  if (decision.kind === 'done') return `done ${decision.response.status}`;
  if (decision.kind === 'give-up') return `give up: ${decision.error.failure.code}`;
  if (decision.kind === 'redirect') return `redirect to ${decision.next.url.pathname}`;
  const { attempt, ambiguous } = decision.next;
  return `attempt ${attempt} after ${decision.delayMs} ms${ambiguous ? ', ambiguous' : ''}`;
}

test.each<[what: string, request: HttpRequest, outcome: Outcome, decision: string]>([
  ['a success', read, response(200), 'done 200'],
  ['a refusal', read, response(404), 'done 404'],
  ['a read that fails', read, response(500), 'attempt 2 after 250 ms'],
  ['a write that fails', write, response(500), 'done 500'],
  ['a repeatable write that fails', onceOnly, response(500), 'attempt 2 after 250 ms, ambiguous'],
  ['a write at the rate limit', write, response(429), 'attempt 2 after 250 ms'],
  ['a rate limit with a hint', write, response(429, { 'retry-after': '2' }), 'attempt 2 after 2000 ms'],
  ['a rate limit with a long hint', read, response(429, { 'retry-after': '61' }), 'done 429'],
  ['a write at 503 with a hint', write, response(503, { 'retry-after': '1' }), 'attempt 2 after 1000 ms'],
  ['a write at 503 without one', write, response(503), 'done 503'],
  ['a redirect', read, response(302, { location: '/v2/keys' }), 'redirect to /v2/keys'],
  ['a write whose result is elsewhere', write, response(303, { location: '/1' }), 'give up: reply_lost'],
  ['no connection, for a read', read, failure(reset, false), 'attempt 2 after 250 ms'],
  ['no connection, for a write', write, failure(reset, false), 'attempt 2 after 250 ms'],
  ['a lost connection, for a read', read, failure(reset, true), 'attempt 2 after 250 ms'],
  ['a lost connection, for a write', write, failure(reset, true), 'give up: reply_lost'],
  [
    'a lost connection, for a repeatable write',
    onceOnly,
    failure(reset, true),
    'attempt 2 after 250 ms, ambiguous',
  ],
  ['a certificate that is not trusted', read, failure(badCertificate, false), 'give up: tls_failed'],
  ['a body that is too large', read, failure('too-large', true), 'give up: body_too_large'],
  ['an idle server', read, failure('idle', true), 'attempt 2 after 250 ms'],
  ['a read that takes too long', read, failure('too-slow', true), 'give up: timed_out'],
  ['an interrupted read', read, failure('interrupt', true), 'give up: interrupted'],
  ['an interrupted write', write, failure('interrupt', true), 'give up: reply_lost'],
  ['a write interrupted before it was sent', write, failure('interrupt', false), 'give up: interrupted'],
])('%s', (_, request, outcome, decision) => {
  expect(summaryOf(decideOn(request, outcome))).toBe(decision);
});

test('the fourth attempt is the last one', () => {
  const last = { attempt: 4 };
  expect(summaryOf(decideOn(read, response(503), last))).toBe('done 503');
  expect(summaryOf(decideOn(read, failure(reset, true), last))).toBe('give up: connection_failed');
});

test('the sixth redirect is refused', () => {
  const redirect = response(302, { location: '/v2/keys' });
  expect(summaryOf(decideOn(read, redirect, { redirects: 4 }))).toBe('redirect to /v2/keys');
  expect(summaryOf(decideOn(read, redirect, { redirects: 5 }))).toBe('give up: redirect_refused');
  expect(() => decideOn(write, redirect)).toThrow(KeysError);
});

test('a redirect changes neither the attempt number nor the ambiguity of a write', () => {
  const state = { attempt: 3, redirects: 1, ambiguous: { message: 'lost' } };
  const decision = decideOn(read, response(307, { location: '/v2/keys' }), state);
  expect(decision).toMatchObject({ next: { ...state, redirects: 2 } });
});

test('once a write is ambiguous, only a success or a server failure resolves it', () => {
  const state = { attempt: 2, ambiguous: { message: 'the connection was lost' } };
  expect(summaryOf(decideOn(onceOnly, response(201), state))).toBe('done 201');
  expect(summaryOf(decideOn(onceOnly, response(501), state))).toBe('done 501');
  const decision = decideOn(onceOnly, response(409), state);
  expect(decision).toMatchObject({ kind: 'give-up', error: { failure: { code: 'reply_lost' } } });
  expect(decision).toMatchInlineSnapshot(`
    {
      "error": [KeysError: the reply to POST /v1/keys was lost: the connection was lost, and later it answered 409; the request may or may not have taken effect],
      "kind": "give-up",
    }
  `);
  const redirect = response(307, { location: 'https://elsewhere.example.com/' });
  expect(summaryOf(decideOn(onceOnly, redirect, state))).toBe('give up: reply_lost');
  expect(summaryOf(decideOn(onceOnly, response(304), state))).toBe('give up: reply_lost');
  expect(summaryOf(decideOn(onceOnly, failure('interrupt', false), state))).toBe('give up: reply_lost');
  expect(summaryOf(decideOn(onceOnly, failure(badCertificate, false), state))).toBe('give up: reply_lost');
});

test('a rate limit delays other requests; other failures do not', () => {
  expect(decideOn(read, response(429))).toMatchObject({ isRateLimited: true });
  expect(decideOn(read, response(503))).toMatchObject({ isRateLimited: false });
});
