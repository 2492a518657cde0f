import type { FastifyInstance } from 'fastify';
import { HttpProblem } from '../gateway/http-problem.ts';

/** The names of this machine for itself. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses requests that a web page could send through a browser on this machine: those for another host name (DNS
 * rebinding) and those with an `Origin`. `allowedHosts` are the accepted names besides those of the loopback; undefined if the
 * server may be reached by any name.
 */
export function checkHost(app: FastifyInstance, allowedHosts: readonly string[] | undefined): void {
  if (!allowedHosts) return;
  const hosts = new Set([...loopbackHosts, ...allowedHosts].map((host) => host.toLowerCase()));
  app.addHook('onRequest', (request, _, done) => {
    const { host = '', origin } = request.headers;
    if (!hosts.has(nameIn(host))) {
      return done(new HttpProblem(403, 'HOST_NOT_ALLOWED', 'this server does not answer to that host name'));
    }
    if (origin !== undefined) {
      return done(
        new HttpProblem(403, 'ORIGIN_NOT_ALLOWED', 'this server does not answer requests from web pages'),
      );
    }
    done();
  });
}

/** The name in a `Host` header, without its port; IPv6 keeps its brackets. */
export function nameIn(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
