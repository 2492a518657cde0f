import { expect, onTestFinished } from 'vitest';
import type { Organisation } from '../../src/authority/decision.ts';
import type { Role } from '../../src/authority/roles.ts';
import type { ScopedKeys } from '../../src/authority/scoped-keys.ts';
import { AuthorityService } from '../../src/authority/service.ts';
import type { ServerOptions } from '../../src/server/server.ts';
import { createServer } from '../../src/server/server.ts';
import type { Clock } from './authority.ts';
import { clockAt } from './authority.ts';
import { openTestStore } from './stores.ts';

export interface TestService {
  service: AuthorityService;
  clock: Clock;
  path: string;
  /** The keys as a user sees them. Creates the user if necessary. */
  keysOf(user: string, role?: Role): Promise<ScopedKeys>;
}

/** An authority service in a store of the test's own, with a clock that the test controls. */
export async function testService(
  organisation: Organisation = {},
  start = '2026-11-20T12:00:00.000Z',
): Promise<TestService> {
  const clock = clockAt(start);
  const { path, store, gate } = await openTestStore(clock.now, organisation);
  const service = new AuthorityService({ store, gate, now: clock.now, organisation });
  onTestFinished(() => service.close());
  return {
    service,
    clock,
    path,
    async keysOf(user, role) {
      const { token } = await service.sessions.create({ user, role, expiresAt: null });
      const caller = await service.sessions.identify(token.reveal());
      if (typeof caller === 'string') throw new Error(`a new session is ${caller}`);
      return service.keysOf(caller);
    },
  };
}

/** A new key with every field of the admin API. */
export const whole = {
  name: 'deploy',
  description: 'the release train',
  expires_at: '2027-02-18T12:00:00.000Z',
  permissions: ['read', 'write'],
  rate_limit_rpm: 60,
  budget_usd: 9.5,
  models: ['small'],
  labels: { team: 'web' },
};

export interface CallOptions {
  /** A session token or a key; absent: an anonymous call. */
  token?: string;
  /** Sent as JSON; a string is sent unchanged. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Whether the response contains a secret. An unexpected one is a leak. */
  secret?: boolean;
}

export interface Answer<Body> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Serving {
  url: string;
  /** The token of a new session, which never expires by default. */
  token(user: string, role?: Role, expiresAt?: Date): Promise<string>;
  call<Body = unknown>(method: string, path: string, options?: CallOptions): Promise<Answer<Body>>;
}

const secretShape = /(?:sk|ses)_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/;

/**
 * Runs the server on a free port until the test ends. The test fails on an unexpected error in the server, a response that
 * a cache may keep, or an unexpected secret in a response.
 */
export async function serving(
  { service, clock }: TestService,
  options: Partial<ServerOptions> = {},
): Promise<Serving> {
  const bugs: unknown[] = [];
  const faults: string[] = [];
  const server = await createServer({
    authority: service,
    version: '0.0.0',
    now: clock.now,
    allowedHosts: [],
    behindProxy: false,
    onBug: (error) => bugs.push(error),
    ...options,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  const url = `http://127.0.0.1:${port}`;
  onTestFinished(async () => {
    await server.stop(1000);
    expect(bugs, 'unexpected errors').toEqual([]);
    expect(faults, 'responses that leak').toEqual([]);
  });
  return {
    url,
    async token(user, role, expiresAt) {
      const { token } = await service.sessions.create({ user, role, expiresAt: expiresAt ?? null });
      return token.reveal();
    },
    async call(method, path, { token, body, headers, secret = false } = {}) {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const route = `${method} ${path.slice(0, 40)}`;
      if (secretShape.test(text) !== secret) faults.push(`${route}: ${secret ? 'no secret' : 'a secret'}`);
      if (response.headers.get('cache-control') !== 'no-store') faults.push(`${route}: may be cached`);
      return { status: response.status, headers: response.headers, body: parsed(text) as never };
    },
  };
}

/** A refusal in the generic envelope. */
export interface Refused {
  success: false;
  error: { code: string; message: string; details: Record<string, string | number> };
}

/** The parts of a refusal that tests compare. */
export function refusalIn({ status, body }: Answer<unknown>): [status: number, code: string | undefined] {
  return [status, (body as Partial<Refused>)?.error?.code];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
