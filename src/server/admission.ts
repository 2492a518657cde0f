import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRequest, Admission, Decision, RateLimit, Refusal } from '../authority/decision.ts';
import { HttpProblem } from '../gateway/http-problem.ts';
import { pathOf } from './access-log.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { logText } from './log-text.ts';

/** Where a use of a key went, for its log row. */
export interface UseAddress {
  method: string;
  path: string;
  model?: string | undefined;
}

/** Decides on the key of a request. Logs a refusal and throws it as an `HttpProblem`. */
export async function admit(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  access: Omit<AccessRequest, 'key'>,
  address: UseAddress,
): Promise<Admission> {
  const decision = await context.batcher.authorize({ key: keyOf(request), ...access });
  countDecision(context, decision, address, request.ip);
  if (decision.keyId !== undefined) request.logged.key = decision.keyId;
  if (decision.rateLimit) reply.headers(rateLimitHeaders(decision.rateLimit));
  if (decision.allowed) return decision;
  throw refusal(decision);
}

/** Counts a decision, and logs a refusal as a use. */
export function countDecision(
  { batcher, metrics }: Context,
  decision: Decision,
  { method, path, model }: UseAddress,
  ip: string | undefined,
): void {
  metrics.decided(decision.allowed ? 'OK' : decision.code);
  if (decision.allowed || decision.keyId === undefined) return;
  const { keyId, status: statusCode } = decision;
  batcher.enqueueUse({ keyId, method, path, model, statusCode, ip, requests: 0, tokens: 0, costUsd: 0 });
}

/** Logs the use of a key that was admitted and answered here. */
export function enqueueServed(
  { batcher }: Context,
  { keyId }: Admission,
  { method, path, model }: UseAddress,
  ip: string | undefined,
): void {
  batcher.enqueueUse({ keyId, method, path, model, statusCode: 200, ip, requests: 1, tokens: 0, costUsd: 0 });
}

/** The method, path and model of a request, for its log row. */
export function addressOf(request: FastifyRequest, model?: string): UseAddress {
  return {
    method: request.method,
    path: pathOf(request.url),
    ...(model !== undefined && { model: logText(model) }),
  };
}

export function refusal(decision: Refusal): HttpProblem {
  const { status, code, message, details } = decision;
  return new HttpProblem(status, code, message, details, refusalHeaders(decision));
}

export function refusalHeaders({ status, code, rateLimit }: Refusal): Record<string, string> {
  return {
    // For proxies that can read a header of a response but not its body.
    'x-key-error': code,
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="keys"' }),
    ...(rateLimit && { 'retry-after': String(rateLimit.resetSeconds) }),
  };
}

/** draft-ietf-httpapi-ratelimit-headers-06. `reset` is in seconds, until a slot becomes free. */
export function rateLimitHeaders({ limit, remaining, resetSeconds }: RateLimit): Record<string, string> {
  return {
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(resetSeconds),
  };
}
