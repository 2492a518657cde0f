import { setImmediate as nextTurn } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { Json, LongJson } from './long-json.ts';
import { eachPart } from './long-json.ts';

/** Answers with JSON that is already written. */
export async function sendJson(reply: FastifyReply, json: Promise<Json>): Promise<FastifyReply> {
  const answer = await json;
  reply.type('application/json');
  if (!(answer instanceof Uint8Array)) return sendParts(reply, answer);
  // A view of the same memory.
  return reply.send(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
}

async function sendParts(reply: FastifyReply, answer: LongJson): Promise<FastifyReply> {
  reply.header('content-length', answer.length);
  // The framework's way with a stream does not tell when a part of it has been written.
  reply.hijack();
  const response = reply.raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string>);
  const ended = new Promise<never>((_, reject) => {
    response.once('close', () => reject(new Error('the connection ended')));
  });
  ended.catch(() => {});
  const written = (part: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      response.write(part, (error) => (error ? reject(error) : resolve()));
    });
  try {
    await eachPart(answer, async (part) => {
      await Promise.race([written(part), ended]);
      await nextTurn();
    });
    response.end();
  } catch {
    // Its reader has left.
    response.destroy();
  }
  return reply;
}
