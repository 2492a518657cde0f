import type { FastifyReply } from 'fastify';

/** Answers with JSON that is already written. */
export async function sendJson(reply: FastifyReply, json: Promise<Uint8Array>): Promise<FastifyReply> {
  const bytes = await json;
  // A view of the same memory.
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return reply.type('application/json').send(body);
}
