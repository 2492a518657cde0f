import * as v from 'valibot';
import type { OwnedKey } from '../../authority/scoped-keys.ts';
import { after, parseDuration } from '../../base/time.ts';
import { envelope, HttpProblem } from '../../gateway/http-problem.ts';
import { budget, modelIds, name } from '../admin/shapes.ts';
import { bearerOf } from '../caller.ts';
import { modelList, modelRoute } from '../data-plane.ts';
import { readBody, readQuery } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec } from './compat-api.ts';
import { paging } from './paging.ts';

const steps = ['30d', '90d', '6mo', '1y', '2y', '10y'] as const;

const rateLimit = v.pipe(v.number(), v.integer(), v.minValue(10), v.maxValue(600));

const creation = v.object({
  description: name,
  expiration: v.picklist(steps),
  rate_limit_rpm: v.optional(rateLimit, 60),
  budget_usd: v.optional(budget, null),
  allowed_models: v.optional(modelIds, []),
});
const change = v.object({
  description: v.optional(name),
  rate_limit_rpm: v.optional(rateLimit),
  budget_usd: v.optional(budget),
  allowed_models: v.optional(modelIds),
});
const query = v.object({
  ...paging.entries,
  search: v.optional(v.pipe(v.string(), v.maxLength(200))),
  status: v.optional(v.picklist(['active', 'expired', 'revoked'])),
});

/** PrivateMind, "API keys": our reading of what its console shows. */
export const privatemind: CompatApi = {
  prefix: '/privatemind',
  errorBody: envelope,
  mount(app, context) {
    const { authority, now } = context;
    app.post('/v1/api-keys', async (request, reply) => {
      const keys = callerOf(context, request);
      const body = readBody(creation, request);
      const { id, secret } = keys.issue({
        ...plainSpec(body.description),
        expiresAt: after(now(), parseDuration(body.expiration)),
        rateLimitRpm: body.rate_limit_rpm,
        budgetUsd: body.budget_usd,
        models: body.allowed_models,
      });
      reply.code(201);
      return { ...shown(keys.get(id)), token: `${id}:${secret.reveal()}` };
    });
    app.get('/v1/api-keys', async (request) => {
      const keys = callerOf(context, request);
      const { page, limit, search = '', status } = readQuery(query, request);
      const all = keys.list();
      const matchingKeys = (search === '' ? all : keys.list({ search })).filter(
        ({ key }) => status === undefined || statusOf(key.status) === status,
      );
      const api_keys = matchingKeys.slice((page - 1) * limit, page * limit).map(shown);
      return { api_keys, summary: summaryOf(all), total: matchingKeys.length, page, limit };
    });
    app.get<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) =>
      shown(callerOf(context, request).get(request.params.id)),
    );
    app.patch<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) => {
      const keys = callerOf(context, request);
      const { description, rate_limit_rpm, budget_usd, allowed_models } = readBody(change, request);
      const changedKey = keys.update(request.params.id, {
        ...(description !== undefined && { name: description }),
        ...(rate_limit_rpm !== undefined && { rateLimitRpm: rate_limit_rpm }),
        ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
        ...(allowed_models !== undefined && { models: allowed_models }),
      });
      return shown(changedKey);
    });
    app.delete<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) => {
      if (!callerOf(context, request).revoke(request.params.id)) {
        throw new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already revoked');
      }
      return { revoked: true };
    });
    modelRoute(app, context, (request) => {
      if (!bearerOf(request)?.startsWith('ses_')) return undefined;
      callerOf(context, request);
      return modelList(authority.organisation.models ?? []);
    });
  },
};

/** A disabled key does not work; `revoked` is the console's closest word. */
function statusOf(status: string): 'active' | 'expired' | 'revoked' {
  if (status === 'expired') return 'expired';
  return status === 'active' || status === 'expiring' ? 'active' : 'revoked';
}

function shown({ key }: OwnedKey): object {
  const { permissions = [] } = key;
  return {
    access_key_id: key.id,
    prefix: key.id.slice(0, 12),
    description: key.name,
    status: statusOf(key.status),
    rate_limit_rpm: key.rateLimitRpm,
    budget_usd: key.budgetUsd,
    spend_usd: key.spentUsd,
    allowed_models: key.models,
    requests: key.usage?.requests,
    tokens: key.usage?.tokens,
    created_at: key.createdAt,
    expiration_date: key.expiresAt,
    last_used_at: key.lastUsedAt,
    last_ip: key.lastUsedIp,
    permission: permissions.length === 1 ? permissions[0] : permissions,
  };
}

function summaryOf(keys: readonly OwnedKey[]): object {
  const summary = { active: 0, expired: 0, revoked: 0, requests: 0, tokens: 0, spend_usd: 0 };
  for (const { key } of keys) {
    summary[statusOf(key.status)] += 1;
    summary.requests += key.usage?.requests ?? 0;
    summary.tokens += key.usage?.tokens ?? 0;
    summary.spend_usd += key.spentUsd ?? 0;
  }
  // Sums of millionths, which binary fractions cannot represent exactly.
  return { ...summary, spend_usd: Math.round(summary.spend_usd * 1e6) / 1e6 };
}
