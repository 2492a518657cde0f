import type { FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { Use } from '../authority/use.ts';
import { maxPerUse } from '../authority/use.ts';
import { HttpProblem } from '../gateway/http-problem.ts';
import { pathOf } from './access-log.ts';
import { count, text } from './admin/shapes.ts';
import { refusal } from './admission.ts';
import { bearerOf, keyOf, reporterOf } from './caller.ts';
import type { Context } from './context.ts';
import { readBody } from './validation.ts';

/** `POST /v1/usage`: the cost of a call made elsewhere. `requests` is 0 if the call was authorised here before. */
export const usageReport = v.strictObject({
  key_id: v.optional(text(64)),
  key: v.optional(text(200)),
  requests: v.optional(v.pipe(count, v.maxValue(maxPerUse.requests)), 0),
  tokens: v.optional(v.pipe(count, v.maxValue(maxPerUse.tokens)), 0),
  cost_usd: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(maxPerUse.costUsd)), 0),
  model: v.optional(text(200)),
  method: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{1,20}$/)), 'POST'),
  path: v.optional(v.pipe(text(1000), v.startsWith('/')), '/v1/usage'),
  status_code: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)), 200),
});

/** A key that the caller may report for. */
interface Reporting {
  keyId: string;
  /** The highest cost that is accepted from this caller. */
  maxUsd: number;
  /** The key reports its own usage. */
  isOwn: boolean;
}

/**
 * Meters a report before it answers: from then on the cost counts. A session may report for every key that it may see,
 * revoked ones too, since the cost of a call is known only after it. A key may report for itself as long as it may be
 * used, and no more than its remaining budget.
 */
export function reportUsage(context: Context, request: FastifyRequest): object {
  const { batcher, metrics } = context;
  const { key_id, key, cost_usd, status_code: statusCode, ...use } = readBody(usageReport, request);
  const { keyId, maxUsd, isOwn } = reporting(context, request, { key_id, key });
  request.logged.key = keyId;
  const costUsd = Math.min(cost_usd, maxUsd);
  const { requests, tokens, method, model } = use;
  const reportedUse: Use = {
    keyId,
    requests,
    tokens,
    method,
    costUsd,
    statusCode,
    path: pathOf(use.path),
    ...(model !== undefined && { model }),
  };
  if (isOwn) batcher.recordReport(reportedUse);
  else batcher.record(reportedUse);
  metrics.metered(tokens, costUsd);
  return { recorded: true, key_id: keyId };
}

/** Throws 401 or 404 if the caller may not report for the key, and the refusal of `/v1/authorize` for its own key. */
function reporting(
  { authority }: Context,
  request: FastifyRequest,
  { key_id: keyId, key = keyOf(request) }: { key_id: string | undefined; key: string | undefined },
): Reporting {
  if (key === undefined) {
    throw new HttpProblem(401, 'MISSING_API_KEY', 'API key is required', { header: 'Authorization' });
  }
  if (key === bearerOf(request) && key.startsWith('ses_')) {
    if (keyId === undefined)
      throw new HttpProblem(400, 'VALIDATION_FAILED', 'key_id: missing', { path: 'key_id' });
    return {
      keyId: reporterOf(authority, request).get(keyId).key.id,
      maxUsd: maxPerUse.costUsd,
      isOwn: false,
    };
  }
  const decision = authority.examine({ key });
  if (!decision.allowed) throw refusal(decision);
  if (keyId !== undefined && keyId !== decision.keyId) {
    throw new HttpProblem(401, 'INVALID_API_KEY', 'The provided API key is invalid');
  }
  return { keyId: decision.keyId, maxUsd: decision.budgetLeftUsd ?? maxPerUse.costUsd, isOwn: true };
}
