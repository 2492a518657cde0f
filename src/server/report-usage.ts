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

type Report = v.InferOutput<typeof usageReport>;

/**
 * Meters a report before it answers: from then on the cost counts. A session may report for every key that it may see,
 * revoked ones too, since the cost of a call is known only after it. A key may report for itself as long as it may be
 * used, and no more than its remaining budget.
 */
export async function reportUsage(context: Context, request: FastifyRequest): Promise<object> {
  const report = readBody(usageReport, request);
  const key = report.key ?? keyOf(request);
  if (key === undefined) {
    throw new HttpProblem(401, 'MISSING_API_KEY', 'API key is required', { header: 'Authorization' });
  }
  const isSession = key === bearerOf(request) && key.startsWith('ses_');
  const use = await (isSession
    ? recordFor(context, request, report)
    : recordOwn(context, request, report, key));
  context.metrics.metered(use.tokens, use.costUsd);
  return { recorded: true, key_id: use.keyId };
}

/** A session's report. Throws 404 if it does not see the key. */
async function recordFor(
  { authority, batcher }: Context,
  request: FastifyRequest,
  report: Report,
): Promise<Use> {
  if (report.key_id === undefined)
    throw new HttpProblem(400, 'VALIDATION_FAILED', 'key_id: missing', { path: 'key_id' });
  const keys = await reporterOf(authority, request);
  const use = useIn(report, (await keys.get(report.key_id)).key.id, maxPerUse.costUsd);
  request.logged.key = use.keyId;
  await batcher.record(use);
  return use;
}

/** A key's own report. Throws the refusal of `/v1/authorize`, and 401 if the report is for another key. */
async function recordOwn(
  { batcher }: Context,
  request: FastifyRequest,
  report: Report,
  key: string,
): Promise<Use> {
  let use: Use | undefined;
  const decision = await batcher.report({ key }, ({ keyId, budgetLeftUsd }) => {
    if (report.key_id !== undefined && report.key_id !== keyId) {
      throw new HttpProblem(401, 'INVALID_API_KEY', 'The provided API key is invalid');
    }
    request.logged.key = keyId;
    use = useIn(report, keyId, budgetLeftUsd ?? maxPerUse.costUsd);
    return use;
  });
  if (!decision.allowed) throw refusal(decision);
  if (!use) throw new Error('a use was admitted, but not recorded');
  return use;
}

/** `maxUsd`: the highest cost that is accepted from the caller. */
function useIn(report: Report, keyId: string, maxUsd: number): Use {
  const { requests, tokens, method, model, path, status_code: statusCode, cost_usd } = report;
  const costUsd = Math.min(cost_usd, maxUsd);
  const fields = { keyId, requests, tokens, method, costUsd, statusCode, path: pathOf(path) };
  return { ...fields, ...(model !== undefined && { model }) };
}
