import { usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Duration } from '../../base/time.ts';
import { after, before } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { isUnnamed } from '../operations/candidates.ts';
import type { RotationPolicy } from './policy.ts';
import type { RotationJob, RotationServices } from './services.ts';

/** Refuses a key that is not the current one (exit 2). */
export function requireRotatable(
  { id, name, status, superseded, retireAt }: Key,
  { finishOnly, to }: Pick<RotationPolicy, 'finishOnly' | 'to'>,
): void {
  if (status === 'revoked') {
    throw usageError(`the key ${id} is revoked for good: create a new one`, `keys create ${shellWord(name)}`);
  }
  if (status === 'disabled') {
    throw usageError(`the key ${id} is disabled`, `keys update ${shellWord(id)} --enable`);
  }
  // The name of a key without one is its id, which leads to no other key.
  if (superseded && !(retireAt !== undefined && isUnnamed({ id, name }))) {
    throw usageError(
      `a newer key named ${name} supersedes ${id}: rotate that one`,
      `keys rotate ${shellWord(name)}`,
    );
  }
  // Where the API keeps no names, only the journal tells that there is a newer key.
  if (retireAt !== undefined && !finishOnly) {
    throw usageError(
      `the key ${id} was already rotated and is due to be retired; rotate the key that replaced it`,
      'keys recover --list',
    );
  }
  if (isUnnamed({ id, name }) && to.some((sink) => sink.includes('{name}'))) {
    throw usageError(
      `the API keeps no name for the key ${id}, so {name} would be a different place each time`,
      'write the name of the place instead of {name}',
    );
  }
}

/** Which of the two conditions a key meets; undefined: neither. */
export function whyDue(
  { createdAt, expiresAt }: Key,
  { due, olderThan }: { due?: Duration | undefined; olderThan?: Duration | undefined },
  now: Date,
): 'olderThan' | 'due' | undefined {
  if (olderThan && createdAt && Date.parse(createdAt) <= before(now, olderThan).getTime()) return 'olderThan';
  return due && expiresAt && Date.parse(expiresAt) <= after(now, due).getTime() ? 'due' : undefined;
}

/** Whether the policy lets a key be rotated now; without an age or an expiry in it, it always does. */
export async function isDue(
  { now, tell }: Pick<RotationServices, 'now' | 'tell'>,
  key: Key,
  { policy: { due, olderThan }, isOne }: RotationJob,
): Promise<boolean> {
  if (!due && !olderThan) return true;
  if (whyDue(key, { due, olderThan }, now)) return true;
  if (olderThan && key.createdAt === undefined) {
    throw usageError('the provider does not report when a key was created: --older-than cannot be applied');
  }
  if (isOne) await tell({ type: 'not-due', key });
  return false;
}
