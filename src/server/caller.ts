import type { FastifyRequest } from 'fastify';
import type { Account } from '../authority/account.ts';
import type { Office } from '../authority/office.ts';
import { HttpFault } from './fault.ts';

/** The value after `Bearer ` in `Authorization` (RFC 6750), if there is one. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

/** The key that a caller of the data plane shows: `Authorization: Bearer` or `X-API-Key`. */
export function keyOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const header = request.headers['x-api-key'];
  return bearerOf(request) ?? (typeof header === 'string' && header !== '' ? header.trim() : undefined);
}

/** The account of whoever calls with a session token. Throws 401. */
export function accountOf(office: Office, request: Pick<FastifyRequest, 'headers'>): Account {
  const token = bearerOf(request);
  if (token === undefined) {
    throw unauthorized('MISSING_SESSION', 'a session token is required: Authorization: Bearer');
  }
  const caller = office.sessions.identify(token);
  if (caller === 'expired') throw unauthorized('EXPIRED_SESSION', 'the session has expired');
  if (typeof caller === 'string') throw unauthorized('INVALID_SESSION', 'the session token is not valid');
  return office.accountOf(caller);
}

function unauthorized(code: string, message: string): HttpFault {
  return new HttpFault(401, code, message, {}, { 'www-authenticate': 'Bearer realm="keys"' });
}
