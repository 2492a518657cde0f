import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccessRequest, Admission } from '../authority/decision.ts';
import type { Use } from '../authority/use.ts';
import { HttpProblem } from '../gateway/http-problem.ts';
import { prepareRequest } from '../gateway/prepare-request.ts';
import type { PreparedRequest, RequestContent, Upstream } from '../gateway/types.ts';
import { addressOf, admit } from './admission.ts';
import type { HeldBody } from './body-intake.ts';
import { BodyIntake, hasBody } from './body-intake.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { logText } from './log-text.ts';

/** The permission that a call needs, without its model. */
type Access = Pick<AccessRequest, 'permission'>;

/** Forwards every other call below `/v1` to the upstream. */
export function proxy(app: FastifyInstance, context: Context, upstream: Upstream): void {
  const intake = new BodyIntake();
  app.removeAllContentTypeParsers();
  // Nothing is read before the key is admitted.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.all('/v1/*', { config: { readsOwnBody: true } }, async (request, reply) => {
    const access = accessFor(request.method);
    const admission = await admit(context, request, reply, access, addressOf(request));
    const heldBody = await loggingRefusals(context, request, admission, () =>
      readBody(intake, request, reply, admission),
    );
    try {
      const content = await check(context, request, reply, { access, admission, body: heldBody.body });
      await forward(context, upstream, { request, reply, content, admission });
    } finally {
      heldBody.release();
    }
  });
}

/** To read or generate content takes `read` (generic guide, "Key Permissions"); to change anything, `write`. */
function accessFor(method: string): Access {
  return { permission: ['GET', 'HEAD', 'POST'].includes(method) ? 'read' : 'write' };
}

async function readBody(
  intake: BodyIntake,
  { method, raw }: FastifyRequest,
  reply: FastifyReply,
  { keyId }: Admission,
): Promise<HeldBody> {
  if ((method === 'GET' || method === 'HEAD') && hasBody(raw)) {
    throw new HttpProblem(400, 'INVALID_REQUEST', `a ${method} request must not have a body`);
  }
  return intake.read(raw, reply.raw, keyId);
}

interface Admitted {
  access: Access;
  admission: Admission;
  body: Buffer | undefined;
}

/**
 * Checks the models of a call, and its key again: the body may have taken a minute to arrive. Throws the refusal as
 * `HttpProblem`.
 */
async function check(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { access, admission, body }: Admitted,
): Promise<PreparedRequest> {
  const { method, url: target, headers } = request;
  const key = keyOf(request);
  const decision = await context.authority.gate.examine({ key, ...access });
  if (!decision.allowed) await admit(context, request, reply, access, addressOf(request));
  const isLimited = !decision.allowed || decision.models !== null;
  const content = await loggingRefusals(context, request, admission, async () =>
    prepareRequest({ method, target, headers, body }, isLimited),
  );
  for (const models of modelAccessOf(content)) {
    const { allowed } = await context.authority.gate.examine({ key, ...access, ...models });
    if (allowed) continue;
    // Decided once more, for the headers and the log row of a refusal.
    await admit(context, request, reply, { ...access, ...models }, addressOf(request, content.model));
  }
  await loggingRefusals(context, request, admission, async () => requirePrice(context, admission, content));
  return content;
}

/** With a table of prices, a key under a budget makes no call that costs an unknown amount. Throws 403. */
function requirePrice(
  { upstream, authority }: Context,
  { budgetLeftUsd }: Admission,
  { method, model }: PreparedRequest,
): void {
  const hasBudget = budgetLeftUsd !== null || authority.organisation.monthlyBudgetUsd !== undefined;
  if (!upstream?.prices || !hasBudget || method !== 'POST' || upstream.prices.of(model)) return;
  const message = 'The API key has a budget, and the call names no model that has a price';
  throw new HttpProblem(
    403,
    'MODEL_NOT_PRICED',
    message,
    model === undefined ? {} : { model: logText(model) },
  );
}

/** What a key that is limited to models must be allowed, each by itself. */
function modelAccessOf({ models, takesModel, model }: PreparedRequest): Partial<AccessRequest>[] {
  const modelRequests = models.map((one) => ({ model: one }));
  return takesModel && model === undefined ? [...modelRequests, { models: 'unnamed' }] : modelRequests;
}

/** Runs an action for an admitted key; a problem that it throws is also logged as a use. */
async function loggingRefusals<T>(
  { batcher }: Context,
  request: FastifyRequest,
  { keyId }: Admission,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof HttpProblem) {
      const refusedUse = { statusCode: error.status, ip: request.ip, requests: 0, tokens: 0, costUsd: 0 };
      batcher.enqueueUse({ keyId, ...addressOf(request), ...refusedUse });
    }
    throw error;
  }
}

interface AdmittedCall {
  request: FastifyRequest;
  reply: FastifyReply;
  content: RequestContent & Pick<PreparedRequest, 'model'>;
  admission: Admission;
}

/** Forwards an admitted call and meters it. */
export async function forward(
  context: Context,
  upstream: Upstream,
  { request, reply, content, admission }: AdmittedCall,
): Promise<void> {
  const { batcher, metrics } = context;
  const disconnection = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) disconnection.abort();
  });
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const { method, target, headers, body, model } = content;
  const callerKey = keyOf(request) ?? '';
  const result = await upstream.forward(
    { method, target, headers, body, model, callerKey, signal: disconnection.signal },
    reply.raw,
  );
  if (result.code) request.logged.code = result.code;
  if (result.isUnpriced) context.onUnpriced(content.model ?? result.usage?.model);
  const { tokens = 0, costUsd = 0 } = result.usage ?? {};
  metrics.metered(tokens, costUsd);
  const use: Use = {
    keyId: admission.keyId,
    ...addressOf(request, result.usage?.model ?? model),
    statusCode: result.status,
    ip: request.ip,
    requests: 1,
    tokens,
    costUsd,
  };
  if (costUsd > 0) await recordCost(batcher, use);
  else batcher.enqueueUse(use);
}

/** A cost counts at once. If it cannot be written now, it is kept until it can. */
async function recordCost(batcher: Context['batcher'], use: Use): Promise<void> {
  try {
    await batcher.record(use);
  } catch {
    batcher.enqueueUse(use);
  }
}
