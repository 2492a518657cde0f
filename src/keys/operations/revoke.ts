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
import type { Selection } from '../select.ts';
import { selectKeys } from '../select.ts';

export interface RevocationRequest {
  /** Ids or names, or which keys of the profile. */
  which: readonly string[] | Selection;
  /** In place of a prompt: the name of the keys, or how many a selection has. */
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

export type RevocationEvent =
  | { type: 'dry-run' }
  | { type: 'none-selected' }
  | { type: 'own-left-out'; key: Key }
  | { type: 'still-active'; key: Key };

/** What a revocation needs from outside the domain. */
export interface RevocationServices {
  readonly backend: KeyBackend;
  readonly provider: string;
  readonly now: Date;
  readonly interruption: Pick<Interruption, 'asked' | 'failure'>;
  /** Why no prompt can be answered, such as "not a terminal"; undefined: one can. */
  readonly promptObstacle: string | undefined;
  /** Call it right before something changes. Throws `KeysError` after an interruption. */
  startMutation(): void;
  /**
   * The keys that references are about, newest first, as `KeyBackend.list` returns them, and those that only their id leads
   * to; without references, every key.
   */
  listKeysWith(references: readonly string[]): Promise<readonly Key[]>;
  /** The key that is our own session token. */
  ownKey(keys: readonly Key[]): Promise<OwnKey | undefined>;
  /** Whether a person confirms that these keys are to be revoked, which a selection may have chosen. */
  confirm(keys: readonly Key[], isSelection: boolean): Promise<boolean>;
  tell(event: RevocationEvent): Promise<void>;
}

/** Revokes keys, after all of them have been found. Throws `KeysError`: 5 if only some of them were revoked. */
export async function revokeKeys(
  services: RevocationServices,
  request: RevocationRequest,
): Promise<RevocationRecord[]> {
  requireAbility(services.provider, 'revoke', services.backend.capabilities);
  const keys = await services.listKeysWith(isReferences(request.which) ? request.which : []);
  const targets = await chooseTargets(services, keys, request);
  if (targets.length === 0) {
    await services.tell({ type: 'none-selected' });
    return [];
  }
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
  await requireConfirmed(services, targets, request);
  const records = await revokeAll(services, targets);
  await tellStillActive(services, keys, targets);
  return records;
}

function isReferences(which: RevocationRequest['which']): which is readonly string[] {
  return Array.isArray(which);
}

/** Never the key that is our own session token: a name of it is refused, a selection leaves it out. */
async function chooseTargets(
  services: RevocationServices,
  keys: readonly Key[],
  { which, dryRun }: RevocationRequest,
): Promise<Key[]> {
  if (!isReferences(which)) {
    const selectedKeys = selectKeys(keys, which, services.now);
    const own = selectedKeys.length > 0 ? await services.ownKey(keys) : undefined;
    if (own && selectedKeys.some(({ id }) => id === own.key.id))
      await services.tell({ type: 'own-left-out', key: own.key });
    return selectedKeys.filter(({ id }) => id !== own?.key.id);
  }
  const namedKeys = findKeys(keys, which);
  const own = dryRun ? undefined : await services.ownKey(keys);
  if (own && namedKeys.some(({ id }) => id === own.key.id)) throw lockOut(own);
  return namedKeys;
}

/** Throws `KeysError`: 2 if a confirmation is missing or wrong, 1 if the answer is no. */
async function requireConfirmed(
  services: RevocationServices,
  targets: readonly Key[],
  { which, confirm, assumeYes }: RevocationRequest,
): Promise<void> {
  const isSelection = !isReferences(which);
  if (confirm !== undefined)
    return isSelection ? requireCount(targets, confirm) : requireNamed(targets, confirm);
  if (assumeYes || targets.every(({ status }) => status === 'revoked')) return;
  if (services.promptObstacle !== undefined) {
    throw usageError(
      `revoking is final, and cannot prompt: ${services.promptObstacle}; pass --yes, or --confirm with the ${isSelection ? 'number of keys' : 'name'}`,
      ...(isSelection
        ? [
            'see the keys first: the same command with --dry-run',
            `then add --yes, or --confirm ${targets.length}`,
          ]
        : [`keys revoke ${idsOf(targets)} --yes`]),
    );
  }
  if (await services.confirm(targets, isSelection)) return;
  throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was revoked' });
}

function idsOf(keys: readonly Key[]): string {
  return keys.map(({ id }) => shellWord(id)).join(' ');
}

/** In CI, a number that was counted in a dry run: no other key is revoked because the selection has grown since. */
function requireCount(targets: readonly Key[], confirm: string): void {
  if (confirm === String(targets.length)) return;
  throw usageError(
    `--confirm says '${confirm}', but ${targets.length} keys are selected; nothing was revoked`,
    'see them: the same command with --dry-run',
  );
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
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isInterrupted = cause instanceof KeysError && cause.failure.code === 'interrupted';
  const count = `${records.length} of ${targets.length} keys`;
  return new KeysError({
    code: 'partly_revoked',
    message: isInterrupted
      ? `interrupted after ${count} were revoked`
      : `revoked ${count}, then failed: ${reason}`,
    hints: [`keys revoke ${idsOf(targets.slice(records.length))} --yes`],
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
