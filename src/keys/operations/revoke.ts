import { KeysError, usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Interruption } from '../../platform/interruption.ts';
import { requireAbility } from '../capability-check.ts';
import { findKeys } from '../find.ts';
import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { OwnKey } from '../own-key.ts';
import { lockOut } from '../own-key.ts';
import type { KeyBackend } from '../ports.ts';

export interface RevocationRequest {
  /** Ids or names. */
  references: readonly string[];
  /** The name of the keys, in place of a prompt. */
  confirm: string | undefined;
  assumeYes: boolean;
  dryRun: boolean;
}

/** What became of a key that was to be revoked. */
export interface RevocationRecord {
  id: string;
  name: string;
  revoked: boolean;
  changed: boolean;
  dryRun?: true;
}

export type RevocationEvent = { type: 'dry-run' } | { type: 'still-active'; key: Key };

/** What a revocation needs from outside the domain. */
export interface RevocationServices {
  readonly backend: KeyBackend;
  readonly provider: string;
  readonly interruption: Pick<Interruption, 'asked' | 'failure'>;
  /** Why no prompt can be answered, such as "not a terminal"; undefined: one can. */
  readonly promptObstacle: string | undefined;
  /** Call it right before something changes. Throws `KeysError` after an interruption. */
  startMutation(): void;
  /** The keys that references are about, newest first, as `KeyBackend.list` returns them, and those that only their id leads to. */
  listKeysWith(references: readonly string[]): Promise<readonly Key[]>;
  /** The key that is our own session token. */
  ownKey(keys: readonly Key[]): Promise<OwnKey | undefined>;
  /** Whether a person confirms that these keys are to be revoked. */
  confirm(keys: readonly Key[]): Promise<boolean>;
  tell(event: RevocationEvent): Promise<void>;
}

/** Revokes keys, after all of them have been found. Throws `KeysError`: 5 if only some of them were revoked. */
export async function revokeKeys(
  services: RevocationServices,
  request: RevocationRequest,
): Promise<RevocationRecord[]> {
  requireAbility(services.provider, 'revoke', services.backend.capabilities);
  const keys = await services.listKeysWith(request.references);
  const targets = findKeys(keys, request.references);
  if (request.dryRun) {
    await services.tell({ type: 'dry-run' });
    return targets.map(({ id, name, status }) => ({
      id,
      name,
      revoked: status === 'revoked',
      changed: false,
      dryRun: true,
    }));
  }
  const own = await services.ownKey(keys);
  if (own && targets.some(({ id }) => id === own.key.id)) throw lockOut(own);
  await requireConfirmed(services, targets, request);
  const records = await revokeAll(services, targets);
  await tellStillActive(services, keys, targets);
  return records;
}

/** Throws `KeysError`: 2 if a confirmation is missing or wrong, 1 if the answer is no. */
async function requireConfirmed(
  services: RevocationServices,
  targets: readonly Key[],
  { confirm, assumeYes }: RevocationRequest,
): Promise<void> {
  if (confirm !== undefined) return requireNamed(targets, confirm);
  if (assumeYes || targets.every(({ status }) => status === 'revoked')) return;
  if (services.promptObstacle !== undefined) {
    throw usageError(
      `revoking is final, and cannot prompt: ${services.promptObstacle}; pass --yes, or --confirm with the name`,
      `keys revoke ${targets.map(({ id }) => shellWord(id)).join(' ')} --yes`,
    );
  }
  if (await services.confirm(targets)) return;
  throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was revoked' });
}

function requireNamed(targets: readonly Key[], confirm: string): void {
  const others = targets.filter(({ name }) => name !== confirm);
  if (others.length === 0) return;
  const names = others.map(({ id, name }) => `'${name}' (${id})`).join(', ');
  throw usageError(`--confirm says '${confirm}', but the key is named ${names}; nothing was revoked`);
}

async function revokeAll(
  { backend, interruption, startMutation }: RevocationServices,
  targets: readonly Key[],
): Promise<RevocationRecord[]> {
  startMutation();
  const records: RevocationRecord[] = [];
  for (const { id, name, status } of targets) {
    try {
      if (interruption.asked.aborted) throw interruption.failure();
      const hasChanged = status !== 'revoked' && (await backend.revoke(id));
      records.push({ id, name, revoked: true, changed: hasChanged });
    } catch (error) {
      throw records.length > 0 ? partlyRevoked(records, targets, error) : error;
    }
  }
  return records;
}

function partlyRevoked(
  records: readonly RevocationRecord[],
  targets: readonly Key[],
  cause: unknown,
): KeysError {
  const remaining = targets.slice(records.length).map(({ id }) => shellWord(id));
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isInterrupted = cause instanceof KeysError && cause.failure.code === 'interrupted';
  const count = `${records.length} of ${targets.length} keys`;
  return new KeysError({
    code: 'partly_revoked',
    message: isInterrupted
      ? `interrupted after ${count} were revoked`
      : `revoked ${count}, then failed: ${reason}`,
    hints: [`keys revoke ${remaining.join(' ')} --yes`],
    cause,
  });
}

/** An older key of the same name may still work: revoking a name does not revoke them all. */
async function tellStillActive(
  { tell }: RevocationServices,
  keys: readonly Key[],
  revokedKeys: readonly Key[],
): Promise<void> {
  const ids = new Set(revokedKeys.map(({ id }) => id));
  const names = new Set(revokedKeys.map(({ name }) => name));
  const active = keys.filter((key) => names.has(key.name) && !ids.has(key.id) && isActive(key));
  for (const key of active) await tell({ type: 'still-active', key });
}
