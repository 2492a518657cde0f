import type { FastifyInstance } from 'fastify';
import { HttpProblem } from '../gateway/http-problem.ts';

/** Names by which this machine calls itself. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses what a web page could send through the browser of somebody on this machine: a request for a host that is not
 * this one (a name that was rebound to this address) or one that says from which page it comes. `allowed` are the names
 * that count besides those of the loopback; undefined where the server is meant to be reached by any name.
 */
export function checkHost(app: FastifyInstance, allowed: readonly string[] | undefined): void {
  if (!allowed) return;
  const hosts = new Set([...loopbackHosts, ...allowed].map((host) => host.toLowerCase()));
  app.addHook('onRequest', (request, _, done) => {
    const { host = '', origin } = request.headers;
    if (!hosts.has(nameIn(host))) {
      return done(new HttpProblem(403, 'HOST_NOT_ALLOWED', 'this server is not reached by that host name'));
    }
    if (origin !== undefined) {
      return done(new HttpProblem(403, 'ORIGIN_NOT_ALLOWED', 'requests of web pages are not answered here'));
    }
    done();
  });
}

/** The name in a `Host` header, without its port; IPv6 keeps its brackets. */
export function nameIn(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
