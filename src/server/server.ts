import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastify from 'fastify';
import type { LostUse } from '../authority/metering.ts';
import type { AuthorityService } from '../authority/service.ts';
import { envelope, HttpProblem } from '../gateway/http-problem.ts';
import type { Upstream } from '../gateway/types.ts';
import type { LogFormat } from './access-log.ts';
import { logAccess } from './access-log.ts';
import { adminApi } from './admin/admin-api.ts';
import { hasBody } from './body-intake.ts';
import { isLocalCall, keepForwardedAddress, keysOf } from './caller.ts';
import { compatApis } from './compat/index.ts';
import type { Context } from './context.ts';
import { dataPlane } from './data-plane.ts';
import { checkHost } from './host-check.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { Metrics } from './metrics.ts';
import { problemOf } from './problem-of.ts';
import { RequestBatcher } from './request-batcher.ts';
import { answerBeforeBody } from './unread-body.ts';
import { parseJson } from './validation.ts';

export interface ServerOptions {
  authority: AuthorityService;
  version: string;
  now: () => Date;
  /** PEM; absent: plain HTTP. */
  tls?: { cert: Buffer; key: Buffer };
  /** Names in `Host` that are answered besides those of the loopback; undefined: every name. */
  allowedHosts: readonly string[] | undefined;
  /** The client's address is what the proxy in front of the server says in `X-Forwarded-For`. */
  behindProxy: boolean;
  upstream?: Upstream;
  /** Absent: no access log. */
  log?: { format: LogFormat; write: (line: string) => void };
  /** Is told of what nobody expected. */
  onBug: (error: unknown) => void;
  /** Is told of each use of a key that the database refused to take. */
  onLoss?: (loss: LostUse) => void;
}

export interface Server {
  /** Throws the system's error, such as EADDRINUSE. Port 0: any that is free. Resolves with the server's address. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Takes no new calls, lets those that run come to their end for at most `patience` milliseconds, and writes all uses. */
  stop(patience: number): Promise<void>;
}

/** Milliseconds for the head of a request, and bytes; milliseconds for all of it, and for the next one to come. */
const limits = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, maxHeaderSize: 16 * 1024 };
const requestTimeout = 60_000;
const keepAliveTimeout = 75_000;

/** With forward secrecy and authenticated encryption only, as TLS 1.3 has it throughout (RFC 9325 section 4.2). */
const tlsFloor = {
  minVersion: 'TLSv1.2',
  ciphers: [
    ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
    ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
    ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ].join(':'),
  honorCipherOrder: true,
} as const;

/** Bytes of a body, where it is not passed on: 1 MB. */
const bodyLimit = 1024 * 1024;

export async function createServer(options: ServerOptions): Promise<Server> {
  const { authority, version, now, upstream, tls, log } = options;
  const batcher = new RequestBatcher(authority, now, (loss) => options.onLoss?.(loss));
  const metrics = new Metrics(version);
  const context: Context = { authority, batcher, metrics, now, ...(upstream && { upstream }) };
  const app = fastify({
    ...(tls ? { https: { ...tls, ...tlsFloor, ...limits } } : { http: limits }),
    bodyLimit,
    requestTimeout,
    keepAliveTimeout,
    trustProxy: options.behindProxy ? onlyThePeer : false,
    genReqId: () => randomUUID(),
    // Whatever the headers have room for: it is then a key that does not exist.
    routerOptions: { maxParamLength: limits.maxHeaderSize },
    // An address that cannot be read comes to no route, and to no hook either.
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      receive(options, request, reply);
      answerProblem(options, error, request, reply, envelope);
    },
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    // Bodies and queries are checked by the routes themselves, and answers are written by JSON.stringify.
    schemaController: { compilersFactory: { buildValidator: unused, buildSerializer: unused } },
  } as object) as unknown as FastifyInstance;
  // Plain text is what a web page may send to anybody; routes that pass bodies on have their own parser.
  app.removeContentTypeParser(['text/plain', 'application/json']);
  app.addContentTypeParser('application/json', { parseAs: 'string' }, async (_: unknown, body: string) =>
    parseJson(body),
  );
  app.decorateRequest('logged');
  app.addHook('onRequest', (request, reply, done) => {
    receive(options, request, reply);
    done();
  });
  answerBeforeBody(app);
  if (log) logAccess(app, log.format, log.write);
  checkHost(app, options.allowedHosts);
  const answers = (scope: FastifyInstance, body: (problem: HttpProblem) => object) => {
    scope.setErrorHandler((error, request, reply) => {
      answerProblem(options, error, request, reply, body);
    });
    methodNotAllowed(scope, body);
  };
  answers(app, envelope);
  metrics.serve(app, (request) => checkReader(authority, request));
  app.get('/healthz', async () => {
    authority.open();
    return { status: 'ok' };
  });
  for (const { prefix, errorBody, mount } of compatApis) {
    await app.register(
      async (scope) => {
        answers(scope, errorBody);
        identifyFirst(scope, authority);
        mount(scope, context);
      },
      { prefix },
    );
  }
  await app.register(
    async (scope) => {
      answers(scope, envelope);
      identifyFirst(scope, authority);
      adminApi(scope, context, version);
    },
    { prefix: '/admin' },
  );
  await app.register(async (scope) => dataPlane(scope, context));

  return {
    async listen(host, port) {
      await app.listen({ host, port });
      return app.server.address() as AddressInfo;
    },
    async stop(patience) {
      const closing = app.close();
      // A connection whose last call has ended would be kept for a next one, which will not come.
      const sweeping = setInterval(() => app.server.closeIdleConnections(), 50);
      const impatient = setTimeout(() => app.server.closeAllConnections(), patience);
      await closing;
      clearInterval(sweeping);
      clearTimeout(impatient);
      await upstream?.close();
      batcher.flush();
    },
  };
}

/** What the proxy says of its own peer is believed, and nothing that this one says: anybody can send the header. */
function onlyThePeer(_address: string, hop: number): boolean {
  return hop === 0;
}

/** Refuses a caller without a session before its body is read: no route of the scope takes one from anybody else. */
function identifyFirst(scope: FastifyInstance, authority: AuthorityService): void {
  scope.addHook('onRequest', (request, _, done) => {
    if (hasBody(request.raw)) keysOf(authority, request);
    done();
  });
}

/** The counters tell what everybody has spent: for programs on this machine, and for admins. */
function checkReader(authority: AuthorityService, request: FastifyRequest): void {
  if (isLocalCall(request)) return;
  const { caller } = keysOf(authority, request);
  request.logged.user = caller.user;
  if (caller.role !== 'admin')
    throw new HttpProblem(403, 'ADMIN_REQUIRED', 'the session of an admin is required');
}

function receive({ behindProxy }: ServerOptions, request: FastifyRequest, reply: FastifyReply): void {
  request.logged = {};
  if (behindProxy) keepForwardedAddress(request.raw.headers);
  // Some answers hold a secret, and none is the same for long.
  reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
}

function unused(): never {
  throw new Error('no route has a schema for Fastify');
}

function answerProblem(
  { onBug }: ServerOptions,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  body: (problem: HttpProblem) => object,
): void {
  const fault = problemOf(error);
  if (fault.status === 500) onBug(error);
  request.logged.code = fault.code;
  if (request.method === 'HEAD') reply.type('application/json');
  reply
    .code(fault.status)
    .headers({ ...fault.headers })
    .send(body(fault));
}
