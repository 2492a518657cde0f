import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { AccessLog } from './access-log.ts';
import { toDuration } from './access-log.ts';
import type { AuthorizeAnswer } from './authorize.ts';
import { answerOf, problemAnswer, requestedUse } from './authorize.ts';
import { forwardedAddress } from './caller.ts';
import type { Context } from './context.ts';
import type { HostCheck } from './host-check.ts';
import { logText } from './log-text.ts';
import { problemOf } from './problem-of.ts';

const path = '/v1/authorize';

export interface DirectOptions {
  hostProblem: HostCheck;
  behindProxy: boolean;
  log: AccessLog | undefined;
  onBug: (error: unknown) => void;
}

/**
 * Answers the usual `GET /v1/authorize` without the framework, which would take longer than the decision. Everything
 * else, such as another method, a query, a body or a host that is refused, goes to the framework's route, which answers
 * the same (`test/server/direct-answers.test.ts`). Returns a function that leaves all requests to the framework.
 */
export function answerDirectly(app: FastifyInstance, context: Context, options: DirectOptions): () => void {
  const { hostProblem } = options;
  const [toFramework] = app.server.listeners('request') as [(...exchange: Exchange) => void];
  let isStopped = false;
  app.server.removeListener('request', toFramework);
  app.server.on('request', (...exchange: Exchange) => {
    const [request] = exchange;
    if (isStopped || !isUsual(request) || hostProblem(request.headers)) toFramework(...exchange);
    else answer(context, options, exchange);
  });
  return () => {
    isStopped = true;
  };
}

type Exchange = [IncomingMessage, ServerResponse];

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

function answer(context: Context, options: DirectOptions, [request, response]: Exchange): void {
  const start = performance.now();
  const { headers, socket } = request;
  const ip = (options.behindProxy ? forwardedAddress(headers) : undefined) ?? socket.remoteAddress;
  const use = requestedUse({ method: 'GET', url: path, headers, ip });
  const respond = (answerTo: () => AuthorizeAnswer) => {
    try {
      const result = answerTo();
      // What followed the request was not HTTP: Node.js has answered 400 and ended the connection.
      if (socket.destroyed && !response.destroyed) return;
      const requestId = randomUUID();
      write(response, requestId, result);
      record(context, options, { requestId, ip, result, start, isComplete: !response.destroyed });
    } catch (error) {
      options.onBug(error);
      response.destroy();
    }
  };
  context.batcher.decide({
    request: use.access,
    resolve: (decision) => respond(() => answerOf(context, use, decision)),
    reject: (error) => respond(() => failure(error, options)),
  });
}

function failure(error: unknown, { onBug }: DirectOptions): AuthorizeAnswer {
  const problem = problemOf(error);
  if (problem.status === 500) onBug(error);
  return problemAnswer(problem);
}

function write(
  response: ServerResponse,
  requestId: string,
  { status, headers, body }: AuthorizeAnswer,
): void {
  const common = ['x-request-id', requestId, 'cache-control', 'no-store'];
  const length = ['content-length', String(Buffer.byteLength(body))];
  response.writeHead(status, [...common, ...headers, ...length]).end(body);
}

interface Outcome {
  requestId: string;
  ip: string | undefined;
  result: AuthorizeAnswer;
  start: number;
  isComplete: boolean;
}

function record({ metrics }: Context, { log }: DirectOptions, outcome: Outcome): void {
  const { requestId, ip, result, start, isComplete } = outcome;
  const { status, logged } = result;
  const elapsedMs = performance.now() - start;
  if (isComplete) metrics.answered(path, 'GET', status, elapsedMs);
  log?.({
    time: new Date().toISOString(),
    requestId,
    ip: logText(ip ?? 'unknown'),
    method: 'GET',
    path,
    status,
    durationMs: toDuration(elapsedMs),
    ...logged,
  });
}
