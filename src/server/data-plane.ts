import type { FastifyInstance, FastifyRequest } from 'fastify';
import { pathOf } from './access-log.ts';
import { addressOf, admit, enqueueServed } from './admission.ts';
import { answerOf, countUse, requestedUse } from './authorize.ts';
import type { Context } from './context.ts';
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
    async handler(request, reply) {
      const { method, url, headers: sent, ip } = request;
      const use = requestedUse({ method, path: pathOf(url), headers: sent, ip });
      const decision = await context.batcher.authorize(use.access);
      countUse(context, use, decision);
      const { status, headers, body, logged } = answerOf(decision);
      Object.assign(request.logged, logged);
      for (let at = 0; at < headers.length; at += 2) reply.header(headers[at] ?? '', headers[at + 1]);
      return reply.code(status).send(body);
    },
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
  answerSession: (request: FastifyRequest) => Promise<object | undefined> = async () => undefined,
): void {
  app.get('/v1/models', async (request, reply) => {
    const answer = await answerSession(request);
    if (answer) return answer;
    const address = addressOf(request);
    const admission = await admit(context, request, reply, { models: 'any' }, address);
    // Without a limit, only the upstream knows the models.
    if (admission.models === null && context.upstream && request.url.startsWith('/v1/')) {
      const { method, url: target, headers } = request;
      const content = { method, target, headers, body: undefined };
      return forward(context, context.upstream, { request, reply, content, admission });
    }
    enqueueServed(context, admission, address, request.ip);
    return modelList(admission.models ?? []);
  });
}

export function modelList(ids: readonly string[]): object {
  return { object: 'list', data: ids.map((id) => ({ id, object: 'model', created: 0, owned_by: 'keys' })) };
}
