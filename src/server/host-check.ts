import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { HttpProblem } from '../gateway/http-problem.ts';
import { healthPaths } from './health.ts';

/** The names of this machine for itself. */
const loopbackHosts = ['localhost', '127.0.0.1', '[::1]'];

/** Why a request is refused before anything else is read of it; undefined: it is not. */
export type HostCheck = (headers: IncomingHttpHeaders, url: string) => HttpProblem | undefined;

/**
 * Refuses requests that a web page could send through a browser on this machine: those for another host name (DNS
 * rebinding) and those with an `Origin`. `allowedHosts` are the accepted names besides those of the loopback; undefined if the
 * server may be reached by any name. `/healthz` and `/readyz` also answer to every IP address, by which load balancers
 * call: no name server can make a web page's own name of an address.
 */
export function hostCheck(allowedHosts: readonly string[] | undefined): HostCheck {
  if (!allowedHosts) return () => undefined;
  const hosts = new Set([...loopbackHosts, ...allowedHosts].map((host) => host.toLowerCase()));
  let allowedHeader: string | undefined;
  return ({ host = '', origin }, url) => {
    const isProbe = healthPaths.includes(url) && isAddress(nameIn(host));
    if (host !== allowedHeader && !hosts.has(nameIn(host)) && !isProbe) {
      return new HttpProblem(403, 'HOST_NOT_ALLOWED', 'this server does not answer to that host name');
    }
    // Most requests have the same one.
    if (!isProbe) allowedHeader = host;
    if (origin === undefined) return undefined;
    return new HttpProblem(403, 'ORIGIN_NOT_ALLOWED', 'this server does not answer requests from web pages');
  };
}

/** The name in a `Host` header, without its port; IPv6 keeps its brackets. */
export function nameIn(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function isAddress(name: string): boolean {
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
}
