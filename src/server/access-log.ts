import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { maskSecrets } from '../base/secret.ts';
import { logText } from './log-text.ts';

export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

/** The outcome of one request, without its headers, body and query. */
export interface AccessRecord {
  /** RFC 3339 UTC. */
  time: string;
  requestId: string;
  ip: string;
  method: string;
  /** Without the query, and with anything that looks like a secret masked. */
  path: string;
  status: number;
  durationMs: number;
  /** The caller, if known. */
  key?: string;
  user?: string;
  /** The code of the refusal or failure. */
  code?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the access log records about the request besides its path. */
    logged: Pick<AccessRecord, 'key' | 'user' | 'code'>;
  }
}

/** Writes a line. */
export type AccessLog = (record: AccessRecord) => void;

export function accessLog(format: LogFormat, write: (line: string) => void): AccessLog {
  const line = format === 'json' ? (record: AccessRecord) => JSON.stringify(record) : textOf;
  return (record) => write(line(record));
}

/** Writes one line for each request when its response has completed or broken off. */
export function logAccess(app: FastifyInstance, write: AccessLog): void {
  const recorded = new WeakSet<FastifyRequest>();
  const log = (request: FastifyRequest, reply: FastifyReply, ip?: string) => {
    if (recorded.has(request)) return;
    recorded.add(request);
    write({
      time: new Date().toISOString(),
      requestId: request.id,
      // Node.js drops it when the connection ends.
      ip: logText(ip ?? request.ip ?? 'unknown'),
      method: logText(request.method),
      path: pathOf(request.url),
      status: reply.statusCode,
      durationMs: toDuration(reply.elapsedTime),
      ...loggedText(request.logged),
    });
  };
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify reports only responses that are complete.
    const { ip } = request;
    reply.raw.once('close', () => {
      if (!recorded.has(request)) setImmediate(log, request, reply, ip);
    });
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    log(request, reply);
    done();
  });
}

/** In characters. */
const maxPathLength = 1000;

/** A path that is safe to log: a query can contain anything, and so can a path that a caller makes up. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  // Masked before it is cut: the beginning of a secret would no longer look like one.
  return logText(maskSecrets(query < 0 ? url : url.slice(0, query)), maxPathLength);
}

/** Milliseconds, to the microsecond. */
export function toDuration(elapsedMs: number): number {
  return Math.round(elapsedMs * 1000) / 1000;
}

function loggedText(fields: FastifyRequest['logged']): FastifyRequest['logged'] {
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, logText(text)]));
}

function textOf({ time, ip, method, path, status, durationMs, key, user, code }: AccessRecord): string {
  const who = key !== undefined ? `key ${key}` : user !== undefined ? `user ${user}` : '-';
  return `${time} ${status} ${method} ${path} ${durationMs.toFixed(1)}ms ${ip} ${who}${code ? ` ${code}` : ''}`;
}
