import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpProblem } from '../../gateway/http-problem.ts';

/* Entity tags (RFC 9110 section 8.8.3) of response bodies. */

export function etagOf(body: object): string {
  return `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`;
}

/** Answers 304 if the caller has this body already (RFC 9110 section 13.1.2). */
export function answerTagged(request: FastifyRequest, reply: FastifyReply, body: object): object | undefined {
  const etag = etagOf(body);
  reply.header('etag', etag);
  if (
    !tagsIn(request.headers['if-none-match']).some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)
  ) {
    return body;
  }
  reply.code(304).send();
  return undefined;
}

/** Throws 412 if the resource has changed since the caller read it (RFC 9110 section 13.1.1). */
export function requireMatch(request: FastifyRequest, body: object): void {
  const header = request.headers['if-match'];
  const tags = tagsIn(header);
  if (header === undefined || tags.includes('*') || tags.includes(etagOf(body))) return;
  throw new HttpProblem(
    412,
    'PRECONDITION_FAILED',
    'the resource has changed since you read it; read it again',
  );
}

function tagsIn(header: string | undefined): string[] {
  return header?.match(/(?:W\/)?"[^"]*"|\*/g) ?? [];
}
