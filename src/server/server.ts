import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuthorityService } from '../authority/service.ts';
import type { GateFigures } from '../authority/store/use-gate.ts';
import type { LostUse } from '../authority/use.ts';
import { envelope, HttpProblem } from '../gateway/http-problem.ts';
import type { Upstream } from '../gateway/types.ts';
import type { ThreadProgram } from '../platform/child-entry.ts';
import type { LogFormat } from './access-log.ts';
import { accessLog, logAccess } from './access-log.ts';
import { adminApi } from './admin/admin-api.ts';
import { hasBody } from './body-intake.ts';
import { isLocalCall, keepForwardedAddress, keysOf } from './caller.ts';
import { compatApis } from './compat/index.ts';
import type { Context } from './context.ts';
import { dataPlane } from './data-plane.ts';
import { answerDirectly } from './direct-answers.ts';
import type { AppOptions, TlsPair } from './fastify-app.ts';
import { openApp } from './fastify-app.ts';
import type { Lifecycle } from './health.ts';
import { serveHealth } from './health.ts';
import { hostCheck } from './host-check.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import type { WorkerCounts } from './metrics.ts';
import { Metrics } from './metrics.ts';
import type { Operator } from './problem-of.ts';
import { reportedProblemOf } from './problem-of.ts';
import { keepPruning } from './pruning.ts';
import type { OnBatch } from './request-batcher.ts';
import { RequestBatcher } from './request-batcher.ts';
import { onThreads, withoutThreads } from './threads/offload.ts';
import { answerBeforeBody } from './unread-body.ts';
import { parseJson } from './validation.ts';

export interface ServerOptions extends Omit<AppOptions, 'onRefused'>, Operator {
  authority: AuthorityService;
  version: string;
  now: () => Date;
  /** Names in `Host` that are answered besides those of the loopback; undefined: any name. */
  allowedHosts: readonly string[] | undefined;
  /** The program of the threads that write uses and answer questions for a database in a file; absent: both on this thread. */
  threadProgram?: ThreadProgram;
  /** Set in one of several processes that share the port: what each of them counts is shown together. */
  worker?: WorkerCounts;
  /** Remove expired log rows while the server runs. */
  prunes?: boolean;
  /** false: leave every request to the framework. The answers are the same. */
  direct?: false;
  upstream?: Upstream;
  /** Absent: no access log. */
  log?: { format: LogFormat; write: (line: string) => void };
  /** Receives the model of each call that cost an unknown amount, although there are prices. */
  onUnpriced?: (model: string | undefined) => void;
  /** Receives each use of a key that the database rejected. */
  onLoss?: (loss: LostUse) => void;
}

export interface Server {
  /** Throws the system's error, such as EADDRINUSE. Port 0: any free port. Resolves with the server's address. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** What this process counts, in the text format of Prometheus. */
  counts(): Promise<string>;
  /** New connections get this certificate, if the server was started with one. */
  renewTls(pair: TlsPair): void;
  /** Says at once that it is not ready, stops listening, lets running calls end, and writes all uses. */
  stop(timeoutMs: number, options?: StopOptions): Promise<void>;
}

export interface StopOptions {
  /** How long to go on listening, in milliseconds, so that a load balancer can find out (default 0). */
  drainMs?: number;
  /** Ends all waiting: calls that still run are cut off. */
  urgent?: AbortSignal;
}

/** How often idle connections are closed while the server stops. */
const sweepIntervalMs = 50;

type ProblemBody = (problem: HttpProblem) => object;

export async function createServer(options: ServerOptions): Promise<Server> {
  const { authority, version, now, upstream, log } = options;
  const { file } = authority.store;
  const offload =
    options.threadProgram && file
      ? onThreads(options.threadProgram, authority, file, now, options.onBug)
      : withoutThreads(authority);
  const { recordUses } = offload;
  const metrics = new Metrics(version, options.worker);
  const { gate } = authority;
  if (gate.figures) metrics.watchGate(() => gate.figures as GateFigures);
  const onLoss = (loss: LostUse) => options.onLoss?.(loss);
  const onBatch: OnBatch = (of, size) => metrics.batched(of, size);
  const batcher = new RequestBatcher(gate, now, onLoss, recordUses, onBatch);
  const lifecycle: Lifecycle = { isDraining: false };
  const onUnpriced = (model: string | undefined) => {
    metrics.unpriced();
    options.onUnpriced?.(model);
  };
  const common = { authority, batcher, metrics, offload, onUnpriced, now };
  const context: Context = { ...common, ...(upstream && { upstream }) };
  const { app, renewTls } = openApp({
    ...options,
    onRefused(error, request, reply) {
      prepareExchange(options, request, reply);
      answerProblem(options, error, request, reply, envelope);
    },
  });
  // Web pages may send plain text to any server; routes that forward bodies have a parser of their own.
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const asText = { parseAs: 'string' } as const;
  app.addContentTypeParser('application/json', asText, async (_: FastifyRequest, body: string) =>
    parseJson(body),
  );
  app.decorateRequest('logged');
  app.addHook('onRequest', (request, reply, done) => {
    prepareExchange(options, request, reply);
    if (lifecycle.isDraining) reply.header('connection', 'close');
    done();
  });
  answerBeforeBody(app);
  const logRecord = log && accessLog(log.format, log.write);
  if (logRecord) logAccess(app, logRecord);
  const hostProblem = hostCheck(options.allowedHosts);
  app.addHook('onRequest', (request, _, done) => done(hostProblem(request.headers, request.url)));
  const answerProblems = (scope: FastifyInstance, body: ProblemBody) => {
    scope.setErrorHandler((error, request, reply) => answerProblem(options, error, request, reply, body));
    methodNotAllowed(scope, body);
  };
  answerProblems(app, envelope);
  metrics.serve(app, (request) => checkMetricsReader(authority, request));
  serveHealth(app, lifecycle, () => authority.open());
  const mount = (prefix: string, body: ProblemBody, routes: (scope: FastifyInstance) => void) =>
    app.register(
      async (scope) => {
        answerProblems(scope, body);
        identifyFirst(scope, authority);
        routes(scope);
      },
      { prefix },
    );
  for (const api of compatApis) await mount(api.prefix, api.errorBody, (scope) => api.mount(scope, context));
  await mount('/admin', envelope, (scope) => adminApi(scope, context, version));
  await app.register(async (scope) => dataPlane(scope, context));
  const { direct = true } = options;
  if (direct) answerDirectly(app, context, { ...options, hostProblem, lifecycle, log: logRecord });

  let stopPruning = () => {};

  return {
    async listen(host, port) {
      await app.listen({ host, port });
      if (options.prunes) stopPruning = keepPruning(offload);
      const [address] = app.addresses();
      if (typeof address !== 'object') throw new Error('the server listens at no address');
      return address;
    },
    renewTls,
    counts: () => metrics.text(),
    async stop(timeoutMs, { drainMs = 0, urgent } = {}) {
      lifecycle.isDraining = true;
      stopPruning();
      if (drainMs > 0) await sleep(drainMs, undefined, { signal: urgent }).catch(() => {});
      await closeConnections(app, timeoutMs, urgent);
      await upstream?.close();
      await batcher.flush().finally(() => offload.end());
    },
  };
}

/** Stops listening, and resolves when the last call has ended; cuts it off after `timeoutMs`, and at once if it is urgent. */
async function closeConnections(
  app: FastifyInstance,
  timeoutMs: number,
  urgent = new AbortController().signal,
): Promise<void> {
  const closing = app.close();
  const cutOff = () => app.server.closeAllConnections();
  if (urgent.aborted) cutOff();
  urgent.addEventListener('abort', cutOff);
  // A connection whose last call has ended would wait for another, which will not come.
  const sweeping = setInterval(() => app.server.closeIdleConnections(), sweepIntervalMs);
  const timer = setTimeout(cutOff, timeoutMs);
  await closing;
  clearInterval(sweeping);
  clearTimeout(timer);
  urgent.removeEventListener('abort', cutOff);
}

/** Rejects a caller without a session before its body is read: no route of the scope takes a body from anyone else. */
function identifyFirst(scope: FastifyInstance, authority: AuthorityService): void {
  scope.addHook('onRequest', async (request) => {
    if (hasBody(request.raw)) await keysOf(authority, request);
  });
}

/** The counters show what everyone has spent: they are for programs on this machine, and for admins. */
async function checkMetricsReader(authority: AuthorityService, request: FastifyRequest): Promise<void> {
  if (isLocalCall(request)) return;
  const { caller } = await keysOf(authority, request);
  request.logged.user = caller.user;
  if (caller.role !== 'admin') throw new HttpProblem(403, 'ADMIN_REQUIRED', 'an admin session is required');
}

function prepareExchange({ behindProxy }: ServerOptions, request: FastifyRequest, reply: FastifyReply): void {
  request.logged = {};
  if (behindProxy) keepForwardedAddress(request.raw.headers);
  // Some responses contain a secret, and none stays the same for long.
  reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
}

function answerProblem(
  operator: Operator,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  body: ProblemBody,
): void {
  const problem = reportedProblemOf(error, operator);
  request.logged.code = problem.code;
  if (request.method === 'HEAD') reply.type('application/json');
  reply
    .code(problem.status)
    .headers({ ...problem.headers })
    .send(body(problem));
}
