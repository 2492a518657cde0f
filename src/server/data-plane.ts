import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from '../authority/decision.ts';
import { pathOf } from './access-log.ts';
import type { UseAddress } from './admission.ts';
import { addressOf, admit } from './admission.ts';
import type { Context } from './context.ts';
import { logText } from './log-text.ts';
import { forward, proxy } from './proxy.ts';
import { reportUsage } from './report-usage.ts';

/** A usage report is read before its caller is known, because it may contain the key: 64 KB. */
const maxReportBytes = 64 * 1024;

/** The routes at the root, for callers with a key and for proxies that check one. */
export function dataPlane(app: FastifyInstance, context: Context): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  modelRoute(app, context);
  app.route({
    method: ['GET', 'POST'],
    url: '/v1/authorize',
    handler: (request, reply) => authorize(context, request, reply),
  });
  app.post('/v1/usage', { bodyLimit: maxReportBytes }, async (request) => reportUsage(context, request));
  const { upstream } = context;
  if (!upstream) return;
  app.register(async (scope) => proxy(scope, context, upstream));
}

/**
 * `GET /v1/models` as in the OpenAI API: the models that the key may call. `answerSession` answers a caller with a session
 * instead of a key, for APIs that allow it.
 */
export function modelRoute(
  app: FastifyInstance,
  context: Context,
  answerSession: (request: FastifyRequest) => object | undefined = () => undefined,
): void {
  app.get('/v1/models', async (request, reply) => {
    const answer = answerSession(request);
    if (answer) return answer;
    const address = addressOf(request);
    const admission = await admit(context, request, reply, { models: 'any' }, address);
    // Without a limit, only the upstream knows the models.
    if (admission.models === null && context.upstream && request.url.startsWith('/v1/')) {
      const { method, url: target, headers } = request;
      const content = { method, target, headers, body: undefined };
      return forward(context, context.upstream, { request, reply, content, admission });
    }
    enqueueServed(context, request, admission, address);
    return modelList(admission.models ?? []);
  });
}

export function modelList(ids: readonly string[]): object {
  return { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'keys' })) };
}

/**
 * The subrequest of a reverse proxy: 200 lets the request through, anything else refuses it. The original request is in
 * `X-Original-Method` and `X-Original-URI` (nginx) or `X-Forwarded-Method` and `X-Forwarded-Uri` (Traefik, Caddy);
 * `X-Model` and `X-Permission` name what it needs.
 */
async function authorize(context: Context, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const header = (...names: string[]) => names.map((name) => one(request.headers[name])).find(Boolean);
  const model = header('x-model');
  const permission = header('x-permission');
  const address = {
    method: logText(header('x-original-method', 'x-forwarded-method') ?? request.method, 20),
    path: pathOf(header('x-original-uri', 'x-forwarded-uri') ?? request.url),
    ...(model !== undefined && { model: logText(model) }),
  };
  const access = { ...(model !== undefined && { model }), ...(permission !== undefined && { permission }) };
  const admission = await admit(context, request, reply, access, address);
  enqueueServed(context, request, admission, address);
  reply.headers({ 'x-key-id': admission.keyId, 'x-key-name': headerText(admission.keyName) });
  if (admission.rateLimit) {
    const { limit, remaining, resetSeconds } = admission.rateLimit;
    reply.headers({
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-reset': String(resetSeconds),
    });
  }
  return '';
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** A name for a header: characters other than visible ASCII are percent-encoded as UTF-8. */
function headerText(name: string): string {
  return name.replace(/[^ -$&-~]/gu, (character) => encodeURIComponent(Buffer.from(character).toString()));
}

function enqueueServed(
  { batcher }: Context,
  request: FastifyRequest,
  { keyId }: Admission,
  address: UseAddress,
): void {
  batcher.enqueueUse({
    keyId,
    ...address,
    statusCode: 200,
    ip: request.ip,
    requests: 1,
    tokens: 0,
    costUsd: 0,
  });
}
