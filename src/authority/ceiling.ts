import type { KeyChanges, KeySpec } from '../keys/ports.ts';
import type { Connection } from './database/connection.ts';
import { ceilingExceeded } from './errors.ts';

/* What a user who is no admin may give its own keys. */

/** The most that one key of a user may be given. */
export interface Ceiling {
  permissions: readonly string[];
  /** US dollars; null: no limit. */
  budgetUsd: number | null;
  /** Requests per minute; null: no limit. */
  rateLimitRpm: number | null;
  /** Empty: every model. */
  models: readonly string[];
  /** Live keys; null: as many as everybody may have. */
  maxKeys: number | null;
}

/** For a user of whom no admin has said anything else. */
export const defaultCeiling: Ceiling = {
  permissions: ['read', 'write', 'webhook'],
  budgetUsd: null,
  rateLimitRpm: null,
  models: [],
  maxKeys: null,
};

/** What an admin has set on a key of somebody else: its owner may lower that, and not raise it. Times in milliseconds. */
export interface Held {
  permissions?: readonly string[];
  budgetUsd?: number | null;
  rateLimitRpm?: number | null;
  models?: readonly string[];
  expiresAt?: number | null;
  disabled?: boolean;
}

export function heldOn(database: Connection, id: string): Held {
  return JSON.parse(String(database.get('SELECT held FROM keys WHERE id = ?', id)?.held ?? '{}'));
}

/** To be called in a transaction. */
export function hold(database: Connection, id: string, held: Held): void {
  database.run('UPDATE keys SET held = ? WHERE id = ?', JSON.stringify(held), id);
}

/** Holds what an admin changes on a key of somebody else. To be called in a transaction. */
export function holdChanges(database: Connection, id: string, changes: KeyChanges): void {
  hold(database, id, heldAfter(heldOn(database, id), changes));
}

function heldAfter(held: Held, changes: KeyChanges): Held {
  const { permissions, budgetUsd, rateLimitRpm, models, expiresAt, disabled } = changes;
  return {
    ...held,
    ...(permissions && { permissions }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(rateLimitRpm !== undefined && { rateLimitRpm }),
    ...(models && { models }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt?.getTime() ?? null }),
    ...(disabled !== undefined && { disabled }),
  };
}

/** A new key under a ceiling: a limit that was not asked for is that of the ceiling. Throws `ceiling_exceeded`. */
export function underCeiling(spec: KeySpec, ceiling: Ceiling): KeySpec {
  const filled = {
    ...spec,
    budgetUsd: spec.budgetUsd ?? ceiling.budgetUsd,
    rateLimitRpm: spec.rateLimitRpm ?? ceiling.rateLimitRpm,
    models: spec.models.length > 0 ? spec.models : ceiling.models,
  };
  requireUnder(filled, ceiling, {});
  return filled;
}

/** Throws `ceiling_exceeded`. What an admin has set on the key itself goes before what is said of its owner. */
export function requireUnder(changes: KeyChanges, ceiling: Ceiling, held: Held): void {
  const most = { ...ceiling, ...held };
  const { permissions = [], budgetUsd, rateLimitRpm, models, expiresAt, disabled } = changes;
  const beyond = permissions.filter((permission) => !most.permissions.includes(permission));
  if (beyond.length > 0)
    throw ceilingExceeded('permissions', `${beyond.join(', ')} is for an admin to grant`);
  if (isBeyond(budgetUsd, most.budgetUsd))
    throw ceilingExceeded('budget', `at most ${most.budgetUsd} US dollars`);
  if (isBeyond(rateLimitRpm, most.rateLimitRpm)) {
    throw ceilingExceeded('rate limit', `at most ${most.rateLimitRpm} requests per minute`);
  }
  if (models && most.models.length > 0 && !isPart(models, most.models)) {
    throw ceilingExceeded('models', `only ${most.models.join(', ')}`);
  }
  if (isBeyond(expiresAt === null ? null : expiresAt?.getTime(), held.expiresAt ?? null)) {
    throw ceilingExceeded('expiry', `an admin has set ${new Date(held.expiresAt ?? 0).toISOString()}`);
  }
  if (disabled === false && held.disabled) throw ceilingExceeded('status', 'an admin has disabled the key');
}

/** Whether a limit is above another one; null is no limit. */
function isBeyond(given: number | null | undefined, most: number | null): boolean {
  return given !== undefined && most !== null && (given === null || given > most);
}

/** An empty list of models means all of them. */
function isPart(models: readonly string[], of: readonly string[]): boolean {
  return models.length > 0 && models.every((model) => of.includes(model));
}
