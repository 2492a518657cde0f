import * as v from 'valibot';
import { after, parseDuration } from '../../base/time.ts';
import { envelope, HttpProblem } from '../../gateway/http-problem.ts';
import { budget, modelIds, name } from '../admin/shapes.ts';
import { bearerOf } from '../caller.ts';
import { modelList, modelRoute } from '../data-plane.ts';
import { sendJson } from '../send-json.ts';
import { readBody, readQuery } from '../validation.ts';
import type { CompatApi } from './compat-api.ts';
import { callerOf, plainSpec, sessionKeys } from './compat-api.ts';
import { privatemindKey } from './key-shapes.ts';
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
      const keys = await callerOf(context, request);
      const body = readBody(creation, request);
      const { id, secret } = await keys.issue({
        ...plainSpec(body.description),
        expiresAt: after(now(), parseDuration(body.expiration)),
        rateLimitRpm: body.rate_limit_rpm,
        budgetUsd: body.budget_usd,
        models: body.allowed_models,
      });
      reply.code(201);
      return { ...privatemindKey(await keys.get(id)), token: `${id}:${secret.reveal()}` };
    });
    app.get('/v1/api-keys', async (request, reply) => {
      const { caller } = await callerOf(context, request);
      const { page, limit, search = '', status } = readQuery(query, request);
      const answer = context.offload.ask(caller, 'privatemindKeys', { page, limit, search, status });
      return sendJson(reply, answer);
    });
    app.get<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) => {
      const keys = await callerOf(context, request);
      return privatemindKey(await keys.get(request.params.id));
    });
    app.patch<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) => {
      const keys = await callerOf(context, request);
      const { description, rate_limit_rpm, budget_usd, allowed_models } = readBody(change, request);
      const changedKey = await keys.update(request.params.id, {
        ...(description !== undefined && { name: description }),
        ...(rate_limit_rpm !== undefined && { rateLimitRpm: rate_limit_rpm }),
        ...(budget_usd !== undefined && { budgetUsd: budget_usd }),
        ...(allowed_models !== undefined && { models: allowed_models }),
      });
      return privatemindKey(changedKey);
    });
    app.delete<{ Params: { id: string } }>('/v1/api-keys/:id', async (request) => {
      const keys = await callerOf(context, request);
      if (!(await keys.revoke(request.params.id))) {
        throw new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already revoked');
      }
      return { revoked: true };
    });
    modelRoute(app, context, async (request) => {
      if (!bearerOf(request)?.startsWith('ses_')) return undefined;
      await sessionKeys(context, request);
      return modelList(authority.organisation.models ?? []);
    });
  },
};
