import { KeysError, usageError } from '../base/errors.ts';
import { placeName } from '../base/place-name.ts';
import type { Key } from '../keys/key.ts';
import type { KeyChanges } from '../keys/ports.ts';
import type { Selection } from '../keys/select.ts';
import { selectKeys } from '../keys/select.ts';
import { relativeTime } from '../output/relative-time.ts';
import type { Context } from './context.ts';
import { ownKey } from './own-key.ts';
import type { PlannedUpdate, UpdatedKey } from './update-key.ts';
import { applyChanges, plannedUpdate, requireChangeable } from './update-key.ts';

export interface BulkUpdate {
  selection: Selection;
  changes: KeyChanges;
  /** How many keys there are, in place of a prompt. */
  confirm: string | undefined;
  dryRun: boolean;
}

/**
 * Changes every selected key, one after the other, once a person has typed how many they are. Throws `KeysError`: 2 if a
 * confirmation is missing or wrong, 1 if the answer is no, 5 if only some of them were changed.
 */
export async function updateKeys(
  context: Context,
  { selection, changes, confirm, dryRun }: BulkUpdate,
): Promise<(UpdatedKey | PlannedUpdate)[]> {
  await requireChangeable(context, changes);
  const keys = await context.keys();
  const targets = await withoutOwn(context, keys, selectKeys(keys, selection, context.now), changes);
  if (targets.length === 0) {
    await context.note('no matching keys: nothing was changed');
    return [];
  }
  if (dryRun) {
    await context.note('dry run: nothing was changed');
    return targets.map(plannedUpdate);
  }
  await requireConfirmed(context, targets, confirm);
  return changeAll(context, targets, changes);
}

/** A session token that is disabled could not enable itself again. */
async function withoutOwn(
  context: Context,
  keys: readonly Key[],
  targets: readonly Key[],
  { disabled }: KeyChanges,
): Promise<readonly Key[]> {
  const own = disabled && targets.length > 0 ? await ownKey(context, keys) : undefined;
  if (!own || !targets.some(({ id }) => id === own.key.id)) return targets;
  const { id, name } = own.key;
  await context.warn(`${name} (${id}) is left out: it is the session token that keys itself uses here`);
  return targets.filter((key) => key.id !== id);
}

async function requireConfirmed(
  context: Context,
  targets: readonly Key[],
  confirm: string | undefined,
): Promise<void> {
  const count = String(targets.length);
  const dryRun = 'see them: the same command with --dry-run';
  if (confirm !== undefined) {
    if (confirm === count) return;
    throw usageError(
      `--confirm says '${confirm}', but ${count} keys are selected; nothing was changed`,
      dryRun,
    );
  }
  if (context.globals.yes) return;
  if (context.promptObstacle !== undefined) {
    throw usageError(
      `${count} keys are selected, and cannot prompt: ${context.promptObstacle}; pass --yes or --confirm ${count}`,
      dryRun,
    );
  }
  for (const { id, name, status, lastUsedAt } of targets) {
    const use = lastUsedAt ? `last used ${relativeTime(lastUsedAt, context.now)}` : 'never used';
    await context.note(`${name}  ${id}  ${status}  ${use}`);
  }
  const { name: profile, provider } = await context.profile();
  const answer = await context.ask(
    `${placeName({ profile, provider })}: type ${count} to change ${count === '1' ? 'this key' : `these ${count} keys`}:`,
  );
  if (answer.trim() !== count)
    throw new KeysError({ code: 'declined', message: 'not confirmed: nothing was changed' });
}

async function changeAll(
  context: Context,
  targets: readonly Key[],
  changes: KeyChanges,
): Promise<UpdatedKey[]> {
  const records: UpdatedKey[] = [];
  for (const key of targets) {
    try {
      if (context.interruption.asked.aborted) throw context.interruption.failure();
      await context.setStatus(`changing ${key.name}, ${records.length + 1} of ${targets.length}`);
      records.push(await applyChanges(context, key, changes));
    } catch (error) {
      throw records.length > 0 ? partlyChanged(records.length, targets, error) : error;
    } finally {
      await context.setStatus('');
    }
  }
  return records;
}

function partlyChanged(done: number, targets: readonly Key[], cause: unknown): KeysError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isInterrupted = cause instanceof KeysError && cause.failure.code === 'interrupted';
  const count = `${done} of ${targets.length} keys`;
  return new KeysError({
    code: 'partly_changed',
    message: isInterrupted
      ? `interrupted after ${count} were changed; the next one is ${targets[done]?.name}`
      : `changed ${count}, then failed at ${targets[done]?.name}: ${reason}`,
    cause,
  });
}
