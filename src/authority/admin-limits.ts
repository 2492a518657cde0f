import type { KeyChanges } from '../keys/ports.ts';
import type { Connection } from './sqlite/connection.ts';

/** What an admin has set on another user's key: its owner may lower it, but not raise it. Times in milliseconds. */
export interface AdminLimits {
  permissions?: readonly string[];
  budgetUsd?: number | null;
  rateLimitRpm?: number | null;
  models?: readonly string[];
  expiresAt?: number | null;
  disabled?: boolean;
}

export function adminLimitsOf(database: Connection, id: string): AdminLimits {
  return JSON.parse(String(database.get('SELECT held FROM keys WHERE id = ?', id)?.held ?? '{}'));
}

/** To be called in a transaction. */
export function setAdminLimits(database: Connection, id: string, limits: AdminLimits): void {
  database.run('UPDATE keys SET held = ? WHERE id = ?', JSON.stringify(limits), id);
}

/** Adds an admin's changes of another user's key to its limits. To be called in a transaction. */
export function recordAdminChanges(database: Connection, id: string, changes: KeyChanges): void {
  const { permissions, budgetUsd, rateLimitRpm, models, expiresAt, disabled } = changes;
  setAdminLimits(database, id, {
    ...adminLimitsOf(database, id),
    ...(permissions && { permissions }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(rateLimitRpm !== undefined && { rateLimitRpm }),
    ...(models && { models }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt?.getTime() ?? null }),
    ...(disabled !== undefined && { disabled }),
  });
}
