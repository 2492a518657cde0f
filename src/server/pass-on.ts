import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from '../authority/policy.ts';
import type { Use } from '../authority/use.ts';
import type { UseAddress } from './admission.ts';
import { addressOf, admit } from './admission.ts';
import { keyOf } from './caller.ts';
import type { Context } from './context.ts';
import { HttpFault } from './fault.ts';
import { namedModel } from './upstream/request-body.ts';
import type { Upstream } from './upstream/upstream.ts';

/** Checks a call, passes it on to the upstream, and meters what the answer says that it cost. */
export async function passOn(
  context: Context,
  upstream: Upstream,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const body = Buffer.isBuffer(request.body) && request.body.length > 0 ? request.body : undefined;
  const { model, ambiguous } = namedModel({ target: request.url, headers: request.headers, body });
  if (ambiguous) {
    throw new HttpFault(400, 'MODEL_AMBIGUOUS', 'the request names its model in more than one way');
  }
  const address = addressOf(request, model);
  const access = { ...(model !== undefined && { model }), ...needs(request.method) };
  const admission = await admit(context, request, reply, access, address);
  await pass(context, upstream, { request, reply, body, admission, address });
}

/** To read, or to generate content, takes `read` (generic guide, "Key Permissions"); to change what is there, `write`. */
function needs(method: string): { permission: string; models?: 'unnamed' } {
  if (method === 'GET' || method === 'HEAD') return { permission: 'read' };
  return { permission: method === 'POST' ? 'read' : 'write', models: 'unnamed' };
}

interface Call {
  request: FastifyRequest;
  reply: FastifyReply;
  body: Buffer | undefined;
  admission: Admission;
  address: UseAddress;
}

/** The passage of a call that was admitted. */
export async function pass(
  { desk, metrics }: Context,
  upstream: Upstream,
  { request, reply, body, admission, address }: Call,
): Promise<void> {
  const gone = new AbortController();
  reply.raw.on('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const passed = await upstream.pass(
    {
      method: request.method,
      target: request.url,
      headers: request.headers,
      body,
      callerKey: keyOf(request) ?? '',
      signal: gone.signal,
    },
    reply.raw,
  );
  if (passed.code) request.logged.code = passed.code;
  const { tokens = 0, costUsd = 0 } = passed.usage ?? {};
  metrics.metered(tokens, costUsd);
  const use: Use = {
    keyId: admission.keyId,
    ...address,
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
