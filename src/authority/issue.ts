import { Secret } from '../base/secret.ts';
import type { KeySpec } from '../keys/ports.ts';
import { defaultCeiling, heldOn, hold, requireUnder } from './ceiling.ts';
import type { Connection, Row } from './database/connection.ts';
import type { Organisation } from './decision.ts';
import {
  keyAlreadyRotated,
  keyExists,
  keyLimitReached,
  keyRevoked,
  modelsNotEntitled,
  noSuchKey,
} from './errors.ts';
import type { IdempotentRequest } from './idempotency.ts';
import { findStoredResponse, storeResponse } from './idempotency.ts';
import { requireBounds } from './key-bounds.ts';
import { mint } from './key-format.ts';
import type { Ownership } from './key-table.ts';
import { KeyTable, optionalText, toKey } from './key-table.ts';
import { lastMoment } from './use.ts';

/** How a key is issued, beyond what it is asked to be. */
export interface Issuance extends Ownership {
  organisation: Organisation;
  /** The request may come again, and is then to be given the same key. */
  idempotentRequest?: IdempotentRequest;
}

export interface Issued {
  id: string;
  secret: Secret;
}

/** A new key in place of one that exists. */
export interface Rotation {
  /** Milliseconds that the old key lives on, unless it expires before; 0: it is revoked at once. */
  grace: number;
  /** Absent: the span that the old key was given. */
  expiresAt?: Date | null;
}

/**
 * Makes a key: all or nothing, on disk before it returns. Throws `KeysError`: `invalid_key`, `model_not_entitled`,
 * `key_limit`, `key_exists`, `idempotency_key_reused`.
 */
export function issueKey(database: Connection, spec: KeySpec, how: Issuance, now: number): Issued {
  const { organisation, owner, single } = how;
  return database.transaction(() =>
    once(database, how, now, () => {
      requireBounds(spec);
      checkModels(spec.models, organisation);
      const table = new KeyTable(database);
      const standing = single ? table.single(owner) : undefined;
      if (standing) throw keyExists(String(standing.id));
      const { maxKeys } = organisation;
      if (maxKeys !== undefined && table.live(owner, now) >= maxKeys) throw keyLimitReached(maxKeys);
      return insert(table, spec, how, now);
    }),
  );
}

/**
 * Makes a key that is as the old one in everything but its secret, and ends the old one after the grace. The old key
 * makes room for the new one: rotating needs no room of its own, but for one key at a time that lives out its grace. A
 * disabled key has a disabled successor. Throws `KeysError`: `no_such_key`, `key_revoked`, `key_rotated`, `key_limit`,
 * `idempotency_key_reused`.
 */
export function rotateKey(
  database: Connection,
  id: string,
  { grace, expiresAt }: Rotation,
  { visibleTo, ...how }: Issuance & { visibleTo: string | null },
  now: number,
): Issued {
  const isAdmin = visibleTo === null;
  return database.transaction(() =>
    once(database, how, now, () => {
      const table = new KeyTable(database, visibleTo);
      const old = table.row(id);
      if (!old) throw noSuchKey(id);
      if (old.revoked_at !== null) throw keyRevoked({ id, name: String(old.name) });
      const successor = old.replaced_by === null ? undefined : table.row(String(old.replaced_by));
      if (successor?.revoked_at === null) throw keyAlreadyRotated(id, String(successor.id));
      // The end of an old key that was rotated before is that of its grace: the successor has its span.
      const span = spanOf(successor ?? old);
      const lasting = { expiresAt: span === null ? null : new Date(Math.min(now + span, lastMoment)) };
      const held = heldOn(database, id);
      if (!isAdmin) requireUnder({ ...(expiresAt !== undefined && { expiresAt }) }, defaultCeiling, held);
      const asked = { ...specOf(old, now), ...lasting, ...(expiresAt !== undefined && { expiresAt }) };
      const spec = isAdmin ? asked : { ...asked, expiresAt: sooner(asked.expiresAt, held.expiresAt) };
      const single = old.single === 1;
      const owner = optionalText(old.owner);
      const { maxKeys } = how.organisation;
      if (maxKeys !== undefined && grace > 0 && table.live(owner, now) > maxKeys)
        throw keyLimitReached(maxKeys);
      const end = now + grace;
      // First the end of the old one: of a single key there cannot be two.
      if (grace === 0 || single) table.revoke(id, now);
      else if (old.expires_at === null || Number(old.expires_at) > end) {
        table.update(id, { expiresAt: new Date(end) }, now);
      }
      const issued = insert(table, spec, { owner, single }, now);
      if (old.disabled === 1) table.update(issued.id, { disabled: true }, now);
      table.replace(id, issued.id);
      hold(database, issued.id, held);
      // Or a rotation would lift a budget that its owner may not lift.
      if (!isAdmin && (typeof held.budgetUsd === 'number' || isSpent(old))) {
        database.run('UPDATE keys SET spent_micros = ? WHERE id = ?', old.spent_micros ?? 0, issued.id);
      }
      return issued;
    }),
  );
}

function sooner(expiresAt: Date | null, most: number | null | undefined): Date | null {
  if (typeof most !== 'number') return expiresAt;
  return new Date(Math.min(expiresAt?.getTime() ?? most, most));
}

/** Whether a budget stops the key. */
function isSpent({ budget_micros, spent_micros }: Row): boolean {
  return budget_micros !== null && Number(spent_micros) >= Number(budget_micros);
}

/** Does the work, unless the very same request has been answered before: then its answer is given once more. */
function once(
  database: Connection,
  { idempotentRequest }: Pick<Issuance, 'idempotentRequest'>,
  now: number,
  work: () => Issued,
): Issued {
  if (!idempotentRequest) return work();
  const earlier = findStoredResponse(database, idempotentRequest, now);
  if (earlier) return { id: earlier.keyId, secret: new Secret(earlier.secret) };
  const issued = work();
  storeResponse(database, idempotentRequest, { keyId: issued.id, secret: issued.secret.reveal() }, now);
  return issued;
}

/** Throws `model_not_entitled`. */
export function checkModels(models: readonly string[], { models: entitled }: Organisation): void {
  const beyond = entitled ? models.filter((model) => !entitled.includes(model)) : [];
  if (beyond.length > 0) throw modelsNotEntitled(beyond);
}

function insert(table: KeyTable, spec: KeySpec, ownership: Ownership, now: number): Issued {
  const minted = mint('sk');
  table.insert(minted, spec, ownership, now);
  return { id: minted.id, secret: new Secret(minted.value) };
}

/** Milliseconds that a key was made for; null: for ever. */
function spanOf({ expires_at, made_at, created_at }: Row): number | null {
  return expires_at === null ? null : Number(expires_at) - Number(made_at ?? created_at);
}

/** What a key is, but for its end, to make another one like it. */
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
