import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import type { HttpProblem } from '../../gateway/http-problem.ts';
import type { KeySpec } from '../../keys/ports.ts';
import { keysOf } from '../caller.ts';
import type { Context } from '../context.ts';

/** A key-management API of somebody else, as this server speaks it. The formats are those of the providers' declarations. */
export interface CompatApi {
  /** `/unreal`: where it is mounted. */
  prefix: string;
  /** How it tells of a failure. */
  errorBody: (problem: HttpProblem) => object;
  mount(app: FastifyInstance, context: Context): void;
}

/** The keys of the session that calls; the access log names its user. */
export function callerOf({ authority, batcher }: Context, request: FastifyRequest): ScopedKeys {
  const keys = keysOf(authority, request);
  request.logged.user = keys.caller.user;
  // What was used before this call is counted in what it tells.
  batcher.flush();
  return keys;
}

/** What a key is asked to be, where the dialect has no words for more: it may read, and has no limit. */
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

export function epochSeconds(time: string | undefined): number {
  return Math.floor(Date.parse(time ?? '') / 1000);
}
