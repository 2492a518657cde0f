import type { Context } from '../../app/context.ts';
import { usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import type { Key } from '../../keys/key.ts';
import { isActive, mayBeCut } from '../../keys/key.ts';
import { isUnnamed } from '../../keys/operations/candidates.ts';
import type { KeyBackend } from '../../keys/ports.ts';

/* What a new key means for the keys that are there already, and they for it. */

/**
 * Refuses to make a key because no other one has its name (exit 2) where that cannot be told: each run would make another
 * key. `keys` are all that the API lists.
 */
export function requireNames(provider: string, backend: KeyBackend, keys: readonly Key[]): void {
  const { reports } = backend.capabilities;
  const live = keys.filter(isActive);
  if (mayBeCut(keys, backend)) {
    throw usageError(
      `--if-missing: the provider ${provider} lists exactly ${keys.length} keys, which may not be all, so it cannot be told whether the key is there`,
      'leave out --if-missing to create the key all the same',
    );
  }
  if (live.length === 0 || (reports.includes('name') && !live.every(isUnnamed))) return;
  throw usageError(
    `--if-missing: the provider ${provider} keeps no names, so it cannot be told whether the key is there`,
    'keys list',
  );
}

export async function noteSuperseded(context: Context, existing: readonly Key[]): Promise<void> {
  const ids = existing.map(({ id }) => id).join(', ');
  const name = visible(existing[0]?.name ?? '');
  await context.warn(
    `a key named ${name} works already (${ids}): it is superseded by the new one, and stays live`,
  );
}

/** An API with few keys may have given up one that worked for the new one: nobody else would say so. */
export async function noteReplaced(
  context: Context,
  before: readonly Key[],
  backend: KeyBackend,
): Promise<void> {
  // By now the key is delivered: not even a server that fails makes that undone.
  const after = await backend.list().catch(() => undefined);
  if (!after) return context.warn('the API could not be asked whether it replaced an earlier key');
  const alive = new Set(after.filter(isActive).map(({ id }) => id));
  for (const { id } of before.filter((key) => !alive.has(key.id))) {
    await context.warn(`the API replaced the key ${id}: it no longer works`);
  }
}
