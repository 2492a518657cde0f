import type { KeyChanges, KeySpec } from '../keys/ports.ts';
import type { AdminLimits } from './admin-limits.ts';
import { ceilingExceeded } from './errors.ts';

/** The most that a user who is not an admin may give one of its own keys. */
export interface Ceiling {
  permissions: readonly string[];
  /** US dollars; null: no limit. */
  budgetUsd: number | null;
  /** Requests per minute; null: no limit. */
  rateLimitRpm: number | null;
  /** Empty: every model. */
  models: readonly string[];
  /** Active keys; null: the organisation's limit. */
  maxKeys: number | null;
}

/** For a user for whom no admin has set a ceiling. */
export const defaultCeiling: Ceiling = {
  permissions: ['read', 'write', 'webhook'],
  budgetUsd: null,
  rateLimitRpm: null,
  models: [],
  maxKeys: null,
};

/** A new key under a ceiling: limits that were not requested are those of the ceiling. Throws `ceiling_exceeded`. */
export function applyCeiling(spec: KeySpec, ceiling: Ceiling): KeySpec {
  const limitedFields = {
    ...spec,
    budgetUsd: spec.budgetUsd ?? ceiling.budgetUsd,
    rateLimitRpm: spec.rateLimitRpm ?? ceiling.rateLimitRpm,
    models: spec.models.length > 0 ? spec.models : ceiling.models,
  };
  requireWithinCeiling(limitedFields, ceiling, {});
  return limitedFields;
}

/** Throws `ceiling_exceeded`. Limits that an admin has set on the key itself override the owner's ceiling. */
export function requireWithinCeiling(changes: KeyChanges, ceiling: Ceiling, limits: AdminLimits): void {
  const max = { ...ceiling, ...limits };
  const { permissions = [], budgetUsd, rateLimitRpm, models, expiresAt, disabled } = changes;
  const refusedPermissions = permissions.filter((permission) => !max.permissions.includes(permission));
  if (refusedPermissions.length > 0)
    throw ceilingExceeded('permissions', `only an admin can grant ${refusedPermissions.join(', ')}`);
  if (isAbove(budgetUsd, max.budgetUsd)) {
    throw ceilingExceeded('budget', `at most ${max.budgetUsd} US dollars`);
  }
  if (isAbove(rateLimitRpm, max.rateLimitRpm)) {
    throw ceilingExceeded('rate limit', `at most ${max.rateLimitRpm} requests per minute`);
  }
  if (models && max.models.length > 0 && !isSubset(models, max.models)) {
    throw ceilingExceeded('models', `only ${max.models.join(', ')}`);
  }
  if (isAbove(expiresAt === null ? null : expiresAt?.getTime(), limits.expiresAt ?? null)) {
    throw ceilingExceeded('expiry', `an admin has set ${new Date(limits.expiresAt ?? 0).toISOString()}`);
  }
  if (disabled === false && limits.disabled) {
    throw ceilingExceeded('status', 'an admin has disabled the key');
  }
}

/** Whether a limit is above another one; null is no limit. */
function isAbove(limit: number | null | undefined, max: number | null): boolean {
  return limit !== undefined && max !== null && (limit === null || limit > max);
}

/** An empty list of models means all of them. */
function isSubset(models: readonly string[], allowedModels: readonly string[]): boolean {
  return models.length > 0 && models.every((model) => allowedModels.includes(model));
}
