import type { KeyChanges } from '../keys/ports.ts';
import type { Work } from './store/work.ts';
import { get, run } from './store/work.ts';

/** What an admin has set on another user's key: its owner may lower it, but not raise it. Times in milliseconds. */
export interface AdminLimits {
  permissions?: readonly string[];
  budgetUsd?: number | null;
  rateLimitRpm?: number | null;
  models?: readonly string[];
  expiresAt?: number | null;
  disabled?: boolean;
}

export function* adminLimitsOf(id: string): Work<AdminLimits> {
  const row = yield* get('SELECT held FROM keys WHERE id = ?', id);
  return JSON.parse(String(row?.held ?? '{}'));
}

export function* setAdminLimits(id: string, limits: AdminLimits): Work<void> {
  yield* run('UPDATE keys SET held = ? WHERE id = ?', JSON.stringify(limits), id);
}

/** Adds an admin's changes of another user's key to its limits. */
export function* recordAdminChanges(id: string, changes: KeyChanges): Work<void> {
  const { permissions, budgetUsd, rateLimitRpm, models, expiresAt, disabled } = changes;
  yield* setAdminLimits(id, {
    ...(yield* adminLimitsOf(id)),
    ...(permissions && { permissions }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(rateLimitRpm !== undefined && { rateLimitRpm }),
    ...(models && { models }),
    ...(expiresAt !== undefined && { expiresAt: expiresAt?.getTime() ?? null }),
    ...(disabled !== undefined && { disabled }),
  });
}
