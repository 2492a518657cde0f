import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { AccessRequest, Decision } from '../authority/decision.ts';
import type { AccessLog } from './access-log.ts';
import { toDuration } from './access-log.ts';
import type { AuthorizeAnswer, RequestedUse } from './authorize.ts';
import { answerOf, countUse, problemAnswer, requestedUse } from './authorize.ts';
import { forwardedAddress } from './caller.ts';
import type { Context } from './context.ts';
import type { Lifecycle } from './health.ts';
import type { HostCheck } from './host-check.ts';
import { logText } from './log-text.ts';
import type { Operator } from './problem-of.ts';
import { reportedProblemOf } from './problem-of.ts';
import type { PendingDecision } from './request-batcher.ts';
import { requestId } from './request-id.ts';

const path = '/v1/authorize';

export interface DirectOptions extends Operator {
  hostProblem: HostCheck;
  lifecycle: Lifecycle;
  behindProxy: boolean;
  log: AccessLog | undefined;
}

/**
 * Answers the usual `GET /v1/authorize` without the framework, which would take longer than the decision. Everything
 * else, such as another method, a query, a body or a host that is refused, goes to the framework's route, which answers
 * the same (`test/server/direct-answers.test.ts`).
 */
export function answerDirectly(app: FastifyInstance, context: Context, options: DirectOptions): void {
  const { hostProblem } = options;
  const withAnswers = { ...options, answers: new Answers() };
  const [toFramework] = app.server.listeners('request') as [RequestListener];
  app.server.removeListener('request', toFramework);
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isUsual(request) || hostProblem(request.headers, path)) toFramework(request, response);
    else context.batcher.decide(new DirectAnswer(context, withAnswers, request, response));
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
  readonly #options: DirectOptions & { answers: Answers };
  readonly #socket: Socket;
  readonly #response: ServerResponse;
  readonly #use: RequestedUse;
  readonly #start = performance.now();

  constructor(
    context: Context,
    options: DirectOptions & { answers: Answers },
    request: IncomingMessage,
    response: ServerResponse,
  ) {
    const { headers, socket } = request;
    const ip = (options.behindProxy ? forwardedAddress(headers) : undefined) ?? socket.remoteAddress;
    this.#context = context;
    this.#options = options;
    this.#socket = socket;
    this.#response = response;
    this.#use = requestedUse({ method: 'GET', path, headers, ip });
    this.request = this.#use.access;
  }

  resolve(decision: Decision): void {
    try {
      countUse(this.#context, this.#use, decision);
      this.#answer(this.#options.answers.for(decision));
    } catch (error) {
      this.#options.onBug(error);
      this.#response.destroy();
    }
  }

  reject(error: unknown): void {
    this.#answer(withHead(problemAnswer(reportedProblemOf(error, this.#options))));
  }

  #answer(answer: WholeAnswer): void {
    const id = requestId();
    // What followed the request was not HTTP: Node.js has answered 400 and ended the connection.
    if (this.#socket.destroyed && !this.#response.destroyed) {
      this.#response.once('close', () => this.#record(id, answer));
      return;
    }
    write(this.#response, id, answer, this.#options.lifecycle.isDraining);
    this.#record(id, answer);
  }

  #record(id: string, { status, logged }: AuthorizeAnswer): void {
    const elapsedMs = performance.now() - this.#start;
    if (!this.#response.destroyed) this.#context.metrics.answered(path, 'GET', status, elapsedMs);
    this.#options.log?.({
      time: new Date().toISOString(),
      requestId: id,
      ip: logText(this.#use.ip ?? 'unknown'),
      method: 'GET',
      path,
      status,
      durationMs: toDuration(elapsedMs),
      ...logged,
    });
  }
}

/** An answer with all of its headers, apart from the request's id, which is empty. */
interface WholeAnswer extends AuthorizeAnswer {
  head: readonly string[];
}

function withHead(answer: AuthorizeAnswer): WholeAnswer {
  const length = String(Buffer.byteLength(answer.body));
  const common = ['x-request-id', '', 'cache-control', 'no-store'];
  return { ...answer, head: [...common, ...answer.headers, 'content-length', length] };
}

/** Answers by their decisions. Equal requests of a batch share a decision, which never changes, so its answer is made once. */
class Answers {
  #latest: { decision: Decision; answer: WholeAnswer } | undefined;

  for(decision: Decision): WholeAnswer {
    if (this.#latest?.decision !== decision)
      this.#latest = { decision, answer: withHead(answerOf(decision)) };
    return this.#latest.answer;
  }
}

function write(
  response: ServerResponse,
  id: string,
  { status, head, body }: WholeAnswer,
  isLast: boolean,
): void {
  const headers = head.slice();
  headers[1] = id;
  if (isLast) headers.splice(4, 0, 'connection', 'close');
  response.writeHead(status, headers).end(body);
}
