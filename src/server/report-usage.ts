import type { FastifyRequest } from 'fastify';
import * as v from 'valibot';
import { pathOf } from './access-log.ts';
import { count, text } from './admin/shapes.ts';
import { accountOf, bearerOf, keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { HttpFault } from './fault.ts';
import { readBody } from './validation.ts';

/** `POST /v1/usage`: what a call cost that was made elsewhere. `requests` is 0 where it was authorised here before. */
export const usageReport = v.strictObject({
  key_id: v.optional(text(64)),
  key: v.optional(text(200)),
  requests: v.optional(count, 0),
  tokens: v.optional(count, 0),
  cost_usd: v.optional(v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(1_000_000)), 0),
  model: v.optional(text(200)),
  method: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{1,20}$/)), 'POST'),
  path: v.optional(v.pipe(text(1000), v.startsWith('/')), '/v1/usage'),
  status_code: v.optional(v.pipe(v.number(), v.integer(), v.minValue(100), v.maxValue(599)), 200),
});

/**
 * Meters what is reported, before it answers: from then on it counts. The report is believed from whoever has the key
 * itself, or a session that may see the key.
 */
export function reportUsage({ office, desk, metrics }: Context, request: FastifyRequest): object {
  const { key_id, key, cost_usd: costUsd, status_code: statusCode, ...use } = readBody(usageReport, request);
  const keyId = key === undefined ? trusted(office, request, key_id) : office.keyIdOf(key);
  if (keyId === undefined || (key_id !== undefined && key_id !== keyId)) {
    throw new HttpFault(401, 'INVALID_API_KEY', 'The provided API key is invalid');
  }
  request.logged.key = keyId;
  const { requests, tokens, method, model } = use;
  desk.record({
    keyId,
    requests,
    tokens,
    method,
    costUsd,
    statusCode,
    path: pathOf(use.path),
    ...(model !== undefined && { model }),
  });
  metrics.metered(tokens, costUsd);
  return { recorded: true, key_id: keyId };
}

/** The key that the caller may report for by what it shows in its headers. */
function trusted(
  office: Context['office'],
  request: FastifyRequest,
  keyId: string | undefined,
): string | undefined {
  if (bearerOf(request)?.startsWith('ses_')) {
    if (keyId === undefined)
      throw new HttpFault(400, 'VALIDATION_FAILED', 'key_id: missing', { path: 'key_id' });
    return accountOf(office, request).get(keyId).key.id;
  }
  const key = keyOf(request);
  if (key === undefined) {
    throw new HttpFault(401, 'MISSING_API_KEY', 'API key is required', { header: 'Authorization' });
  }
  return office.keyIdOf(key);
}
