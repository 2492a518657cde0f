import { Secret } from '../base/secret.ts';
import type { KeySpec } from '../keys/ports.ts';
import type { Organisation } from './decision.ts';
import { keyExists, keyLimitReached, modelsNotEntitled } from './errors.ts';
import type { IdempotentRequest } from './idempotency.ts';
import { issueOnce } from './idempotency.ts';
import { requireBounds } from './key-bounds.ts';
import { mint } from './key-format.ts';
import type { Ownership } from './key-table.ts';
import { KeyTable } from './key-table.ts';
import type { Work } from './store/work.ts';

/** Who issues a key, and under which limits. */
export interface Issuance extends Ownership {
  organisation: Organisation;
  /** A repeat of this request returns the same key. */
  idempotentRequest?: IdempotentRequest;
}

export interface IssuedKey {
  id: string;
  secret: Secret;
}

/**
 * Issues a key. Throws `KeysError`: `invalid_key`, `model_not_entitled`, `key_limit`, `key_exists`,
 * `idempotency_key_reused`.
 */
export function issueKey(spec: KeySpec, issuance: Issuance, now: number): Work<IssuedKey> {
  return issueOnce(issuance.idempotentRequest, now, () => issueNew(spec, issuance, now));
}

function* issueNew(spec: KeySpec, issuance: Issuance, now: number): Work<IssuedKey> {
  const { organisation, owner, single } = issuance;
  requireBounds(spec);
  requireEntitled(spec.models, organisation);
  const table = new KeyTable();
  const existing = single ? yield* table.single(owner) : undefined;
  if (existing) throw keyExists(String(existing.id));
  const { maxKeys } = organisation;
  if (maxKeys !== undefined && (yield* table.hasMoreActive(maxKeys - 1, owner, now))) {
    throw keyLimitReached(maxKeys);
  }
  return yield* insertKey(spec, issuance, now);
}

/** Throws `model_not_entitled`. */
export function requireEntitled(models: readonly string[], { models: entitledModels }: Organisation): void {
  const refusedModels = entitledModels ? models.filter((model) => !entitledModels.includes(model)) : [];
  if (refusedModels.length > 0) throw modelsNotEntitled(refusedModels);
}

export function* insertKey(spec: KeySpec, ownership: Ownership, now: number): Work<IssuedKey> {
  const mintedValue = mint('sk');
  yield* new KeyTable().insert(mintedValue, spec, ownership, now);
  return { id: mintedValue.id, secret: new Secret(mintedValue.value) };
}
