import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { askForBody, hasBody, isWaiting } from './body-intake.ts';

/** Bodies up to this size are left to Node.js, which reads and forgets them: 64 KB. */
const small = 64 * 1024;

/** How much of a larger one is read and thrown away, in bytes and in milliseconds: 1 MB, 1 s. */
const mostDrained = 1024 * 1024;
const drainTime = 1000;

/**
 * Answers before the body has been read, where the answer does not depend on it. The connection ends after such an
 * answer; a moment later, for a caller that still sends would get a reset in place of the answer.
 */
export function answerBeforeBody(app: FastifyInstance): void {
  // Node.js tells every caller to go on, whether it may or not.
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
    if (isWaiting(raw.headers) || Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) <= small)
      return done(null, payload);
    const bytes = Buffer.from(payload ?? '');
    reply.headers({ connection: 'close', 'content-length': bytes.length });
    done(null, request.method === 'HEAD' ? payload : lingering(bytes, raw));
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route decides itself whether, and when, it reads its body. */
    readsOwnBody?: boolean;
  }
}

/** The bytes at once, and their end when the caller has sent its body, or enough of it. */
function lingering(bytes: Buffer, request: IncomingMessage): Readable {
  const stream = new Readable({ read() {} });
  if (bytes.length > 0) stream.push(bytes);
  let rest = mostDrained;
  const end = () => {
    clearTimeout(timer);
    request.off('data', onData).off('end', end).off('close', end).off('error', end).pause();
    if (!stream.readableEnded) stream.push(null);
  };
  const onData = (chunk: Buffer) => {
    rest -= chunk.length;
    if (rest < 0) end();
  };
  const timer = setTimeout(end, drainTime);
  request.on('data', onData).on('end', end).on('close', end).on('error', end);
  return stream;
}
