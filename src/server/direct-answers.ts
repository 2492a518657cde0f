import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { AccessRequest, Decision } from '../authority/decision.ts';
import type { AccessLog } from './access-log.ts';
import { toDuration } from './access-log.ts';
import type { AuthorizeAnswer, RequestedUse } from './authorize.ts';
import { answerOf, problemAnswer, requestedUse } from './authorize.ts';
import { forwardedAddress } from './caller.ts';
import type { Context } from './context.ts';
import type { Lifecycle } from './health.ts';
import type { HostCheck } from './host-check.ts';
import { logText } from './log-text.ts';
import { problemOf } from './problem-of.ts';
import type { PendingDecision } from './request-batcher.ts';

const path = '/v1/authorize';

export interface DirectOptions {
  hostProblem: HostCheck;
  lifecycle: Lifecycle;
  behindProxy: boolean;
  log: AccessLog | undefined;
  onBug: (error: unknown) => void;
}

/**
 * Answers the usual `GET /v1/authorize` without the framework, which would take longer than the decision. Everything
 * else, such as another method, a query, a body or a host that is refused, goes to the framework's route, which answers
 * the same (`test/server/direct-answers.test.ts`).
 */
export function answerDirectly(app: FastifyInstance, context: Context, options: DirectOptions): void {
  const { hostProblem } = options;
  const [toFramework] = app.server.listeners('request') as [RequestListener];
  app.server.removeListener('request', toFramework);
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isUsual(request) || hostProblem(request.headers, path)) toFramework(request, response);
    else context.batcher.decide(new DirectAnswer(context, options, request, response));
  });
}

/** Whether nothing about a request needs more than a look at its headers. */
function isUsual({ method, url, headers }: IncomingMessage): boolean {
  return (
    url === path &&
    method === 'GET' &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.expect === undefined &&
    headers.upgrade === undefined
  );
}

/** One exchange: an object without closures, as there is one for each use of a key. */
class DirectAnswer implements PendingDecision {
  readonly request: AccessRequest;
  readonly #context: Context;
  readonly #options: DirectOptions;
  readonly #socket: Socket;
  readonly #response: ServerResponse;
  readonly #use: RequestedUse;
  readonly #start = performance.now();

  constructor(context: Context, options: DirectOptions, request: IncomingMessage, response: ServerResponse) {
    const { headers, socket } = request;
    const ip = (options.behindProxy ? forwardedAddress(headers) : undefined) ?? socket.remoteAddress;
    this.#context = context;
    this.#options = options;
    this.#socket = socket;
    this.#response = response;
    this.#use = requestedUse({ method: 'GET', url: path, headers, ip });
    this.request = this.#use.access;
  }

  resolve(decision: Decision): void {
    try {
      this.#answer(answerOf(this.#context, this.#use, decision));
    } catch (error) {
      this.#options.onBug(error);
      this.#response.destroy();
    }
  }

  reject(error: unknown): void {
    const problem = problemOf(error);
    if (problem.status === 500) this.#options.onBug(error);
    this.#answer(problemAnswer(problem));
  }

  #answer(answer: AuthorizeAnswer): void {
    const requestId = randomUUID();
    // What followed the request was not HTTP: Node.js has answered 400 and ended the connection.
    if (this.#socket.destroyed && !this.#response.destroyed) {
      this.#response.once('close', () => this.#record(requestId, answer));
      return;
    }
    write(this.#response, requestId, answer, this.#options.lifecycle.isDraining);
    this.#record(requestId, answer);
  }

  #record(requestId: string, { status, logged }: AuthorizeAnswer): void {
    const elapsedMs = performance.now() - this.#start;
    if (!this.#response.destroyed) this.#context.metrics.answered(path, 'GET', status, elapsedMs);
    this.#options.log?.({
      time: new Date().toISOString(),
      requestId,
      ip: logText(this.#use.ip ?? 'unknown'),
      method: 'GET',
      path,
      status,
      durationMs: toDuration(elapsedMs),
      ...logged,
    });
  }
}

function write(
  response: ServerResponse,
  requestId: string,
  { status, headers, body }: AuthorizeAnswer,
  isLast: boolean,
): void {
  const length = body === '' ? '0' : String(Buffer.byteLength(body));
  const common = ['x-request-id', requestId, 'cache-control', 'no-store'];
  if (isLast) common.push('connection', 'close');
  response.writeHead(status, [...common, ...headers, 'content-length', length]).end(body);
}
