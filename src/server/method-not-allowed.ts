import type { FastifyInstance } from 'fastify';
import type { Fault } from '../gateway/http-problem.ts';

/**
 * Answers what no route of a scope does: 405 with `Allow` where the address takes other methods (RFC 9110 section
 * 15.5.6), else 404.
 */
export function refuseMethods(scope: FastifyInstance, body: (fault: Fault) => object): void {
  const routes: { pattern: RegExp; methods: readonly string[] }[] = [];
  scope.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(
      `^${url.replaceAll('.', '\\.').replace('*', '.*').replace(/:\w+/g, '[^/]+')}$`,
    );
    routes.push({ pattern, methods: [method].flat() });
  });
  scope.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods);
    const fault: Fault =
      allowed.length > 0
        ? {
            status: 405,
            code: 'METHOD_NOT_ALLOWED',
            message: 'this address does not take that method',
            details: {},
          }
        : { status: 404, code: 'NOT_FOUND', message: 'there is nothing at this address', details: {} };
    request.logged.code = fault.code;
    if (allowed.length > 0) reply.header('allow', [...new Set(allowed)].sort().join(', '));
    reply.code(fault.status).send(body(fault));
  });
}
