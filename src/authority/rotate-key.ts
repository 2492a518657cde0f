import type { KeySpec } from '../keys/ports.ts';
import type { AdminLimits } from './admin-limits.ts';
import { adminLimitsOf, setAdminLimits } from './admin-limits.ts';
import { defaultCeiling, requireWithinCeiling } from './ceiling.ts';
import type { Organisation } from './decision.ts';
import { keyAlreadyRotated, keyLimitReached, keyRevoked, noSuchKey } from './errors.ts';
import { issueOnce } from './idempotency.ts';
import type { Issuance, IssuedKey } from './issue-key.ts';
import { insertKey } from './issue-key.ts';
import { optionalText, toKey } from './key-row.ts';
import { KeyTable } from './key-table.ts';
import type { Row, Work } from './store/work.ts';
import { maxTimestamp } from './use.ts';

/** A new key that replaces an existing one. */
export interface Rotation {
  /** Milliseconds until the old key expires, unless it expires earlier; 0: revoke it at once. */
  grace: number;
  /** Absent: the lifetime that the old key was given. */
  expiresAt?: Date | null;
}

/** Who rotates a key. */
export interface Rotator extends Pick<Issuance, 'organisation' | 'idempotentRequest'> {
  /** The user whose keys the caller sees; null: an admin, who sees all. */
  visibleTo: string | null;
}

/**
 * Issues a successor that equals the old key in everything but its secret, and ends the old key after the grace period.
 * Rotating fits into a full key limit, but for one rotated key at a time that lives out its grace period. A disabled key
 * has a disabled successor. Throws `KeysError`: `no_such_key`, `key_revoked`, `key_rotated`, `ceiling_exceeded`,
 * `key_limit`, `idempotency_key_reused`.
 */
export function rotateKey(id: string, rotation: Rotation, rotator: Rotator, now: number): Work<IssuedKey> {
  return issueOnce(rotator.idempotentRequest, now, () => rotateNow(id, rotation, rotator, now));
}

function* rotateNow(id: string, rotation: Rotation, rotator: Rotator, now: number): Work<IssuedKey> {
  const table = new KeyTable(rotator.visibleTo);
  const pair = yield* requireRotatable(table, id);
  const limits = yield* adminLimitsOf(id);
  if (!isAdmin(rotator)) requireExpiryAllowed(rotation, limits);
  if (rotation.grace > 0) yield* requireRoom(table, pair.old, rotator.organisation, now);
  const spec = successorSpec(pair, rotation, isAdmin(rotator) ? {} : limits, now);

  // The old key ends first: there cannot be two single keys.
  yield* retire(table, pair.old, rotation.grace, now);
  const issuedKey = yield* insertSuccessor(table, pair.old, spec, now);
  yield* setAdminLimits(issuedKey.id, limits);
  if (!isAdmin(rotator)) yield* keepSpentBudget(table, pair.old, issuedKey.id, limits);
  return issuedKey;
}

function isAdmin({ visibleTo }: Rotator): boolean {
  return visibleTo === null;
}

/** A key to rotate, and the revoked successor of an earlier rotation. */
interface RotatableKey {
  old: Row;
  revokedSuccessor: Row | undefined;
}

function* requireRotatable(table: KeyTable, id: string): Work<RotatableKey> {
  const old = yield* table.row(id);
  if (!old) throw noSuchKey(id);
  if (old.revoked_at !== null) throw keyRevoked({ id, name: String(old.name) });
  const successor = old.replaced_by === null ? undefined : yield* table.row(String(old.replaced_by));
  if (successor?.revoked_at === null) throw keyAlreadyRotated(id, String(successor.id));
  return { old, revokedSuccessor: successor };
}

function requireExpiryAllowed({ expiresAt }: Rotation, limits: AdminLimits): void {
  requireWithinCeiling(expiresAt === undefined ? {} : { expiresAt }, defaultCeiling, limits);
}

function* requireRoom(table: KeyTable, old: Row, { maxKeys }: Organisation, now: number): Work<void> {
  if (maxKeys !== undefined && (yield* table.hasMoreActive(maxKeys, optionalText(old.owner), now))) {
    throw keyLimitReached(maxKeys);
  }
}

function successorSpec(
  { old, revokedSuccessor }: RotatableKey,
  { expiresAt }: Rotation,
  limits: AdminLimits,
  now: number,
): KeySpec {
  // A key that was rotated before expires with its grace period: its successor has the lifetime.
  const requestedExpiry = expiresAt === undefined ? sameLifetime(revokedSuccessor ?? old, now) : expiresAt;
  return { ...specOf(old, now), expiresAt: earlier(requestedExpiry, limits) };
}

function* insertSuccessor(table: KeyTable, old: Row, spec: KeySpec, now: number): Work<IssuedKey> {
  const ownership = { owner: optionalText(old.owner), single: old.single === 1 };
  const issuedKey = yield* insertKey(spec, ownership, now);
  if (old.disabled === 1) yield* table.update(issuedKey.id, { disabled: true }, now);
  yield* table.setSuccessor(String(old.id), issuedKey.id);
  return issuedKey;
}

/** Otherwise the owner could lift a budget by rotating. */
function* keepSpentBudget(table: KeyTable, old: Row, successor: string, limits: AdminLimits): Work<void> {
  if (typeof limits.budgetUsd === 'number' || isSpent(old)) {
    yield* table.setSpent(successor, Number(old.spent_micros));
  }
}

/** Revokes the old key, or lets it expire at the end of its grace period. */
function* retire(table: KeyTable, old: Row, grace: number, now: number): Work<void> {
  const id = String(old.id);
  const graceEnd = now + grace;
  if (grace === 0 || old.single === 1) {
    yield* table.revoke(id, now);
  } else if (old.expires_at === null || Number(old.expires_at) > graceEnd) {
    yield* table.update(id, { expiresAt: new Date(graceEnd) }, now);
  }
}

/** An expiry as far away as the key's was when it was issued; null: never. */
function sameLifetime({ expires_at, made_at, created_at }: Row, now: number): Date | null {
  if (expires_at === null) return null;
  const lifetime = Number(expires_at) - Number(made_at ?? created_at);
  return new Date(Math.min(now + lifetime, maxTimestamp));
}

function earlier(expiresAt: Date | null, { expiresAt: latest }: AdminLimits): Date | null {
  if (typeof latest !== 'number') return expiresAt;
  return new Date(Math.min(expiresAt?.getTime() ?? latest, latest));
}

/** Whether its budget stops the key. */
function isSpent({ budget_micros, spent_micros }: Row): boolean {
  return budget_micros !== null && Number(spent_micros) >= Number(budget_micros);
}

/** What to issue for another key like this one, apart from its expiry. */
function specOf(row: Row, now: number): Omit<KeySpec, 'expiresAt'> {
  const { name, description = null, permissions = [], rateLimitRpm = null, ...key } = toKey(row, now);
  return {
    name,
    description,
    permissions,
    rateLimitRpm,
    budgetUsd: key.budgetUsd ?? null,
    models: key.models ?? [],
    labels: key.labels ?? {},
  };
}
