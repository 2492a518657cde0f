import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel } from 'node:worker_threads';
import type { FastifyReply } from 'fastify';

/** What is written in one turn of the event loop: the system takes megabytes at once, and decisions on keys would wait. */
const maxChunkBytes = 64 * 1024;

/** Answers with JSON that is already written, and then frees its memory. */
export async function sendJson(
  reply: FastifyReply,
  json: Promise<Uint8Array<ArrayBuffer>>,
): Promise<FastifyReply> {
  const bytes = await json;
  reply.type('application/json');
  // A view of the same memory.
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body.length <= maxChunkBytes) return reply.send(body);
  // After the last byte, and after a connection that broke: nothing reads the memory then.
  reply.raw.once('close', () => free(bytes.buffer));
  return reply
    .header('content-length', body.length)
    .send(Readable.from(chunksOf(body), { objectMode: false }));
}

async function* chunksOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += maxChunkBytes) {
    yield body.subarray(at, at + maxChunkBytes);
    await nextTurn();
  }
}

/**
 * Large memory that waits to be collected makes V8 collect everything, which takes milliseconds in which no key is decided on.
 * What is sent to a port that is closed is freed with the port.
 */
function free(memory: ArrayBuffer): void {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(undefined, [memory]);
  port2.close();
}
