import type { FastifyInstance } from 'fastify';
import { HttpProblem } from '../gateway/http-problem.ts';

/**
 * Answers a request that matches no route of a scope: 405 with `Allow` if the path takes other methods (RFC 9110 section
 * 15.5.6), else 404.
 */
export function methodNotAllowed(scope: FastifyInstance, body: (problem: HttpProblem) => object): void {
  const routes: { pattern: RegExp; methods: readonly string[] }[] = [];
  scope.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(
      `^${url.replaceAll('.', '\\.').replace('*', '.*').replace(/:\w+/g, '[^/]+')}$`,
    );
    routes.push({ pattern, methods: [method].flat() });
  });
  scope.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowedMethods = routes
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => methods);
    const problem =
      allowedMethods.length > 0
        ? new HttpProblem(405, 'METHOD_NOT_ALLOWED', 'this path does not support that method')
        : new HttpProblem(404, 'NOT_FOUND', 'there is nothing at this path');
    request.logged.code = problem.code;
    if (allowedMethods.length > 0) reply.header('allow', [...new Set(allowedMethods)].sort().join(', '));
    reply.code(problem.status).send(body(problem));
  });
}
