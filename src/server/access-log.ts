import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { maskSecrets } from '../base/secret.ts';
import { logText } from './log-text.ts';

export const logFormats = ['json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

/** What one request came to. It holds no header, no body and no query. */
export interface AccessRecord {
  /** RFC 3339 UTC. */
  time: string;
  requestId: string;
  ip: string;
  method: string;
  /** Without its query, and with what looks like a secret masked. */
  path: string;
  status: number;
  durationMs: number;
  /** Who called, where that is known. */
  key?: string;
  user?: string;
  /** Why it was refused, or what failed. */
  code?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the access log says of the request besides its address. */
    logged: Pick<AccessRecord, 'key' | 'user' | 'code'>;
  }
}

/** Calls `write` with one line for each request, when its answer is complete, or broke off. */
export function logAccess(app: FastifyInstance, format: LogFormat, write: (line: string) => void): void {
  const line = format === 'json' ? (record: AccessRecord) => JSON.stringify(record) : textOf;
  const log = (request: FastifyRequest, reply: FastifyReply, ip?: string) =>
    write(
      line({
        time: new Date().toISOString(),
        requestId: request.id,
        // Node.js forgets it when the connection ends.
        ip: logText(ip ?? request.ip ?? 'unknown'),
        method: logText(request.method),
        path: pathOf(request.url),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
        ...loggedText(request.logged),
      }),
    );
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify tells only of answers that are complete.
    const { ip } = request;
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) setImmediate(log, request, reply, ip);
    });
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    log(request, reply);
    done();
  });
}

const longestPath = 1000;

/** A path as it may be kept: a query can hold anything, and so can a path that a caller made up. */
export function pathOf(url: string): string {
  // Masked before it is cut: the cut could leave the beginning of a secret, which has no shape any more.
  return logText(maskSecrets(url.split('?', 1)[0] ?? ''), longestPath);
}

function loggedText(logged: FastifyRequest['logged']): FastifyRequest['logged'] {
  return Object.fromEntries(Object.entries(logged).map(([name, text]) => [name, logText(text)]));
}

function textOf({ time, ip, method, path, status, durationMs, key, user, code }: AccessRecord): string {
  const who = key !== undefined ? `key ${key}` : user !== undefined ? `user ${user}` : '-';
  return `${time} ${status} ${method} ${path} ${durationMs.toFixed(1)}ms ${ip} ${who}${code ? ` ${code}` : ''}`;
}
