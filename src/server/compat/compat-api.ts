import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { HttpProblem } from '../../gateway/http-problem.ts';
import type { KeySpec } from '../../keys/ports.ts';
import { keysOf } from '../caller.ts';
import type { Context } from '../context.ts';

/** The key-management API of a vendor, as this server serves it. The formats match the providers' declarations. */
export interface CompatApi {
  /** Where it is mounted: `/unreal`. */
  prefix: string;
  /** The body of a failure. */
  errorBody: (problem: HttpProblem) => object;
  mount(app: FastifyInstance, context: Context): void;
}

/** The keys of the session that calls; the access log names its user. */
export async function sessionKeys({ authority }: Context, request: FastifyRequest): Promise<ScopedKeys> {
  const keys = await keysOf(authority, request);
  request.logged.user = keys.caller.user;
  return keys;
}

/** As `sessionKeys`, once what was used before this call is counted in what they tell. */
export async function callerOf(context: Context, request: FastifyRequest): Promise<ScopedKeys> {
  await sessionKeys(context, request);
  await context.batcher.flush();
  // The session may have ended meanwhile.
  return sessionKeys(context, request);
}

/** The key that an API without further settings creates: it may read, and has no limits. */
export function plainSpec(name: string): KeySpec {
  return {
    name,
    description: null,
    expiresAt: null,
    permissions: ['read'],
    rateLimitRpm: null,
    budgetUsd: null,
    models: [],
    labels: {},
  };
}
