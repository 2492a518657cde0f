import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { ScopedKeys } from '../authority/scoped-keys.ts';
import type { AuthorityService } from '../authority/service.ts';
import { HttpProblem } from '../gateway/http-problem.ts';
import { isLoopbackHost } from '../platform/loopback.ts';
import { nameIn } from './host-check.ts';

/** The bearer token of a request (RFC 6750), if it has one. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** The key of a data-plane request: `Authorization: Bearer` or `X-API-Key`. */
export function keyOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const header = request.headers['x-api-key'];
  return bearerOf(request) ?? (typeof header === 'string' && header !== '' ? header.trim() : undefined);
}

/** The keys that the session of a request may manage. Throws 401, and 403 for a reporter. */
export async function keysOf(
  authority: AuthorityService,
  request: Pick<FastifyRequest, 'headers'>,
): Promise<ScopedKeys> {
  const keys = await reporterOf(authority, request);
  if (keys.caller.role !== 'reporter') return keys;
  throw new HttpProblem(403, 'FORBIDDEN', 'a reporter may only report usage: POST /v1/usage');
}

/** As `keysOf`, for operations that are open to reporters too. */
export async function reporterOf(
  authority: AuthorityService,
  request: Pick<FastifyRequest, 'headers'>,
): Promise<ScopedKeys> {
  const token = bearerOf(request);
  if (token === undefined) {
    throw unauthorized('MISSING_SESSION', 'a session token is required: Authorization: Bearer');
  }
  const caller = await authority.sessions.identify(token);
  if (caller === 'expired') throw unauthorized('EXPIRED_SESSION', 'the session has expired');
  if (typeof caller === 'string') throw unauthorized('INVALID_SESSION', 'the session token is invalid');
  return authority.keysOf(caller);
}

function unauthorized(code: string, message: string): HttpProblem {
  return new HttpProblem(401, code, message, {}, { 'www-authenticate': 'Bearer realm="keys"' });
}

/** Headers by which a proxy marks a forwarded request. */
const forwarding = [
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'forwarded',
  'x-real-ip',
  'via',
];

/** Whether a request comes directly from a program on this machine, not through a proxy or from a web page. */
export function isLocalCall({ raw }: Pick<FastifyRequest, 'raw'>): boolean {
  const peer = raw.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const { host = '', origin } = raw.headers;
  const isForwarded = raw.rawHeaders.some(
    (name, at) => at % 2 === 0 && forwarding.includes(name.toLowerCase()),
  );
  return isLoopbackHost(peer) && isLoopbackHost(nameIn(host)) && origin === undefined && !isForwarded;
}

/** Keeps only the last address in `X-Forwarded-For`. If that is not an address, the proxy's own counts. */
export function keepForwardedAddress(headers: FastifyRequest['headers']): void {
  const address = forwardedAddress(headers);
  if (address === undefined) delete headers['x-forwarded-for'];
  else headers['x-forwarded-for'] = address;
}

/** The last address in `X-Forwarded-For`, which the proxy has added; undefined if it is not an address. */
export function forwardedAddress(headers: FastifyRequest['headers']): string | undefined {
  const last = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').at(-1)?.trim() ?? '';
  // Some proxies add the port.
  const [, bracketedAddress, dottedAddress] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(last) ?? [];
  const address = bracketedAddress ?? dottedAddress ?? last;
  return isIP(address) === 0 ? undefined : address;
}
