import type { Server as HttpsServer } from 'node:https';
import { createServer } from 'node:https';
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  FastifyServerFactory,
  FastifyServerOptions,
} from 'fastify';
import fastify from 'fastify';
import { requestId } from './request-id.ts';

/** A certificate with its chain and its private key, PEM. */
export interface TlsPair {
  cert: Buffer;
  key: Buffer;
}

export interface AppOptions {
  /** Absent: plain HTTP. */
  tls?: TlsPair | undefined;
  /** Take the client's address from `X-Forwarded-For`. */
  behindProxy: boolean;
  /** Answers a request that Fastify refuses before any route or hook. */
  onRefused: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => void;
}

/** Of the head of a request. */
const headLimits = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16 * 1024 };
const requestTimeoutMs = 60_000;
const keepAliveTimeoutMs = 75_000;

/** For bodies that are not forwarded: 1 MB. */
const maxBodyBytes = 1024 * 1024;

/** With forward secrecy and authenticated encryption only, as in TLS 1.3 (RFC 9325 section 4.2). */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

export interface OpenedApp {
  app: FastifyInstance;
  /** New connections get this certificate. Only for an app that has one. */
  renewTls(pair: TlsPair): void;
}

/** Fastify with this server's limits, without its own validation and serialisation. */
export function openApp({ tls, behindProxy, onRefused }: AppOptions): OpenedApp {
  const options = {
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    trustProxy: behindProxy ? trustPeerOnly : false,
    genReqId: requestId,
    // As long as the head may be: a longer id is then one of a key that does not exist.
    routerOptions: { maxParamLength: headLimits.maxHeaderSize },
    frameworkErrors: onRefused,
    forceCloseConnections: 'idle',
    // What arrives on a kept connection while the server stops is answered like everything else.
    return503OnClosing: false,
    // Routes validate bodies and queries themselves, and JSON.stringify writes responses.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  } satisfies FastifyServerOptions;
  if (!tls) return { app: fastify({ ...options, http: headLimits }), renewTls: () => {} };
  const secure = { minVersion: 'TLSv1.2', ciphers: ciphers.join(':'), honorCipherOrder: true } as const;
  // Fastify opens two servers for `localhost`, one for each address, and shows only the first.
  const servers: HttpsServer[] = [];
  const serverFactory: FastifyServerFactory = (handler) => {
    const server = createServer({ ...tls, ...secure, ...headLimits }, handler);
    server.keepAliveTimeout = keepAliveTimeoutMs;
    server.requestTimeout = requestTimeoutMs;
    servers.push(server);
    return server;
  };
  return {
    app: fastify({ ...options, serverFactory }),
    renewTls(pair) {
      for (const server of servers) server.setSecureContext({ ...pair, ...secure });
    },
  };
}

/** Trusts what the proxy says about its own peer, and nothing that this peer says: anyone can send the header. */
function trustPeerOnly(_address: string, hop: number): boolean {
  return hop === 0;
}

function unused(): never {
  throw new Error('no route has a schema for Fastify');
}
