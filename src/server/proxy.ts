import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AccessRequest, Admission } from '../authority/decision.ts';
import type { Use } from '../authority/use.ts';
import { HttpFault } from '../gateway/http-problem.ts';
import type { CallContent, PreparedCall } from '../gateway/request-body.ts';
import { prepare } from '../gateway/request-body.ts';
import type { Upstream } from '../gateway/upstream.ts';
import { addressOf, admit } from './admission.ts';
import { BodyIntake, hasBody } from './body-intake.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';

/** What a call needs, its model aside. */
type Access = Pick<AccessRequest, 'permission'>;

/** Passes every other call below `/v1` on to the upstream. */
export function passOn(app: FastifyInstance, context: Context, upstream: Upstream): void {
  const intake = new BodyIntake();
  app.removeAllContentTypeParsers();
  // Nothing is read before the key was admitted.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.all('/v1/*', { config: { readsOwnBody: true } }, async (request, reply) => {
    const [access, address] = [needs(request.method), addressOf(request)];
    const admission = await admit(context, request, reply, access, address);
    const held = await refusing(context, request, admission, () =>
      readBody(intake, request, reply, admission),
    );
    try {
      const call = await check(context, request, reply, { access, admission, body: held.body });
      await pass(context, upstream, { request, reply, call, admission });
    } finally {
      held.release();
    }
  });
}

/** To read, or to generate content, takes `read` (generic guide, "Key Permissions"); to change what is there, `write`. */
function needs(method: string): Access {
  return { permission: ['GET', 'HEAD', 'POST'].includes(method) ? 'read' : 'write' };
}

async function readBody(
  intake: BodyIntake,
  { method, raw }: FastifyRequest,
  reply: FastifyReply,
  { keyId }: Admission,
): ReturnType<BodyIntake['read']> {
  if ((method === 'GET' || method === 'HEAD') && hasBody(raw)) {
    throw new HttpFault(400, 'INVALID_REQUEST', `a ${method} request has no body here`);
  }
  return intake.read(raw, reply.raw, keyId);
}

interface Checked {
  access: Access;
  admission: Admission;
  body: Buffer | undefined;
}

/**
 * Checks the models of a call, and whether its key may still be used: the body may have taken a minute to come. Throws
 * the refusal as `HttpFault`.
 */
async function check(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { access, admission, body }: Checked,
): Promise<PreparedCall> {
  const { method, url: target, headers } = request;
  const key = keyOf(request);
  const standing = context.authority.examine({ key, ...access });
  if (!standing.allowed) await admit(context, request, reply, access, addressOf(request));
  const isLimited = !standing.allowed || standing.models !== null;
  const content: CallContent = { method, target, headers, body };
  const call = await refusing(context, request, admission, async () => prepare(content, isLimited));
  const unnamed = call.takesModel && call.model === undefined ? [{ models: 'unnamed' } as const] : [];
  for (const wanted of [...call.models.map((model) => ({ model })), ...unnamed]) {
    // Decided once more where it is refused, with all that belongs to a refusal.
    if (context.authority.examine({ key, ...access, ...wanted }).allowed) continue;
    await admit(context, request, reply, { ...access, ...wanted }, addressOf(request, call.model));
  }
  return call;
}

/** Does something for an admitted key; what it throws becomes a row in the log as well. */
async function refusing<T>(
  { desk }: Context,
  request: FastifyRequest,
  { keyId }: Admission,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof HttpFault) {
      const { status: statusCode } = error.fault;
      const refused = { statusCode, ip: request.ip, requests: 0, tokens: 0, costUsd: 0 };
      desk.note({ keyId, ...addressOf(request), ...refused });
    }
    throw error;
  }
}

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
  call: Pick<PreparedCall, keyof CallContent | 'model'>;
  admission: Admission;
}

/** The passage of a call that was admitted. */
export async function pass(
  { desk, metrics }: Context,
  upstream: Upstream,
  { request, reply, call, admission }: Call,
): Promise<void> {
  const gone = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const { method, target, headers, body, model } = call;
  const callerKey = keyOf(request) ?? '';
  const passage = { method, target, headers, body, model, callerKey, signal: gone.signal };
  const passed = await upstream.pass(passage, reply.raw);
  if (passed.code) request.logged.code = passed.code;
  const { tokens = 0, costUsd = 0 } = passed.usage ?? {};
  metrics.metered(tokens, costUsd);
  const use: Use = {
    keyId: admission.keyId,
    ...addressOf(request, passed.usage?.model ?? model),
    statusCode: passed.status,
    ip: request.ip,
    requests: 1,
    tokens,
    costUsd,
  };
  if (costUsd > 0) spend(desk, use);
  else desk.note(use);
}

/** What was spent counts at once. Where it cannot be written now, it is kept until it can. */
function spend(desk: Context['desk'], use: Use): void {
  try {
    desk.record(use);
  } catch {
    desk.note(use);
  }
}
