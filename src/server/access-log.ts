import type { FastifyInstance } from 'fastify';
import { maskSecrets } from '../secret.ts';

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

/** Calls `write` with one line for each request, when its answer is complete. */
export function logAccess(app: FastifyInstance, format: LogFormat, write: (line: string) => void): void {
  const line = format === 'json' ? (record: AccessRecord) => JSON.stringify(record) : textOf;
  app.addHook('onResponse', (request, reply, done) => {
    write(
      line({
        time: new Date().toISOString(),
        requestId: request.id,
        ip: request.ip,
        method: request.method,
        path: pathOf(request.url),
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
        ...request.logged,
      }),
    );
    done();
  });
}

const longestPath = 1000;

/** A path as it may be kept: a query can hold anything, and so can a path that somebody made up. */
export function pathOf(url: string): string {
  return maskSecrets(url.split('?', 1)[0]?.slice(0, longestPath) ?? '');
}

/** Control characters cannot be in a path that Node.js has accepted. */
function textOf({ time, ip, method, path, status, durationMs, key, user, code }: AccessRecord): string {
  const who = key !== undefined ? `key ${key}` : user !== undefined ? `user ${user}` : '-';
  return `${time} ${status} ${method} ${path} ${durationMs.toFixed(1)}ms ${ip} ${who}${code ? ` ${code}` : ''}`;
}
