import { requireAbility, requireInputs } from '../keys/capability-check.ts';
import type { Key, KeyInput } from '../keys/key.ts';
import { inOrder } from '../keys/key.ts';
import type { KeyChanges } from '../keys/ports.ts';
import type { Requested } from '../keys/requested.ts';
import { checkExpiry, checkPermissions } from '../keys/spec-check.ts';
import type { Context } from './context.ts';
import { echoStored } from './echo-stored.ts';
import { lookUpInList } from './lookup.ts';

export type UpdatedKey = Key & Requested & { changed: boolean };

/** A key as it is; a dry run would change it. */
export type PlannedUpdate = Key & { changed: false; dryRun: true };

/** Changes a key, after refusing what the provider cannot change (exit 2). With `dryRun`, nothing changes. */
export async function updateKey(
  context: Context,
  reference: string,
  changes: KeyChanges,
  dryRun = false,
): Promise<UpdatedKey | PlannedUpdate> {
  await requireChangeable(context, changes);
  const listedKey = await lookUpInList(context, reference);
  if (!dryRun) return applyChanges(context, listedKey, changes);
  await context.note('dry run: nothing was changed');
  return plannedUpdate(listedKey);
}

/** Throws `KeysError` (2) for what the provider cannot change. */
export async function requireChangeable(context: Context, changes: KeyChanges): Promise<void> {
  const backend = await context.backend();
  const { provider } = await context.profile();
  const { capabilities } = backend;
  const { disabled, ...fields } = changes;
  if (disabled !== undefined) requireAbility(provider, 'disable', capabilities);
  if (Object.keys(fields).length > 0) requireAbility(provider, 'update', capabilities);
  requireInputs(provider, 'update', Object.keys(fields) as KeyInput[], capabilities);
  checkPermissions(backend, changes.permissions ?? []);
  checkExpiry(provider, capabilities, changes.expiresAt, context.now);
}

/** Changes a key as it is listed. */
export async function applyChanges(
  context: Context,
  listedKey: Key,
  changes: KeyChanges,
): Promise<UpdatedKey> {
  const backend = await context.backend();
  const { name: profile, provider } = await context.profile();
  const { disabled: _, ...fields } = changes;
  context.startMutation();
  const updatedKey = await backend.update(listedKey.id, changes, listedKey);
  const requestedFields = await echoStored(context, backend, fields, updatedKey, true);
  const key = inOrder({ ...withoutChanged(listedKey, changes), ...updatedKey, provider, profile });
  return { ...key, changed: hasChanged(changes, requestedFields), ...requestedFields };
}

export function plannedUpdate(key: Key): PlannedUpdate {
  return { ...key, changed: false, dryRun: true };
}

/** The listed key without the fields that have changed since it was listed. */
function withoutChanged(listedKey: Key, changes: KeyChanges): Key {
  const fields = Object.entries(listedKey).filter(([field]) => !Object.hasOwn(changes, field));
  return Object.fromEntries(fields) as unknown as Key;
}

/** Whether the API reports that it changed at least one of the requested fields. */
function hasChanged({ disabled, ...fields }: KeyChanges, { requested = {}, ...expiry }: Requested): boolean {
  const unchangedCount = Object.keys(requested).length + ('expiresAtRequested' in expiry ? 1 : 0);
  return disabled !== undefined || unchangedCount < Object.keys(fields).length;
}
