import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { askForBody, hasBody, isWaiting } from './body-intake.ts';

/** Smaller bodies are left to Node.js, which reads and discards them: 64 KB. */
const smallBodyBytes = 64 * 1024;

/** How much of a larger body is read and discarded, and for how long. */
const maxDrainedBytes = 1024 * 1024;
const drainTimeoutMs = 1000;

/**
 * Answers before the body has been read, if the response does not depend on it. The connection then ends, but only after
 * a moment: a caller that is still sending would get a reset in place of the response.
 */
export function answerBeforeBody(app: FastifyInstance): void {
  // Otherwise Node.js sends 100 Continue to every caller, admitted or not.
  app.server.on('checkContinue', (request, response) => app.server.emit('request', request, response));
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (!request.routeOptions.config.readsOwnBody) askForBody(request.raw, reply.raw);
    done(null, payload);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const { raw } = request;
    const isText = payload === null || typeof payload === 'string' || Buffer.isBuffer(payload);
    if (raw.complete || !isText || !hasBody(raw)) return done(null, payload);
    if (isWaiting(raw.headers)) reply.header('connection', 'close');
    if (
      isWaiting(raw.headers) ||
      Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= smallBodyBytes
    )
      return done(null, payload);
    const bytes = Buffer.from(payload ?? '');
    reply.headers({ connection: 'close', 'content-length': bytes.length });
    done(null, request.method === 'HEAD' ? payload : lingering(bytes, raw));
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route itself decides whether and when to read its body. */
    readsOwnBody?: boolean;
  }
}

/** A stream of the bytes that ends once the caller has sent its body, or enough of it. */
function lingering(bytes: Buffer, request: IncomingMessage): Readable {
  const stream = new Readable({ read() {} });
  if (bytes.length > 0) stream.push(bytes);
  let remaining = maxDrainedBytes;
  const end = () => {
    clearTimeout(timer);
    request.off('data', onData).off('end', end).off('close', end).off('error', end).pause();
    if (!stream.readableEnded) stream.push(null);
  };
  const onData = (chunk: Buffer) => {
    remaining -= chunk.length;
    if (remaining < 0) end();
  };
  const timer = setTimeout(end, drainTimeoutMs);
  request.on('data', onData).on('end', end).on('close', end).on('error', end);
  return stream;
}
