import type { Context } from '../../app/context.ts';
import { usageError } from '../../base/errors.ts';
import { visible } from '../../base/sanitise.ts';
import { shellWord } from '../../base/shell-word.ts';
import { after, before } from '../../base/time.ts';
import type { RotateInput } from '../../commands/key/rotate.ts';
import { relativeTime } from '../../output/relative-time.ts';
import type { Key } from '../key.ts';
import { isUnnamed } from '../operations/candidates.ts';
import type { Job } from './rotate-one.ts';

/** Refuses a key that is not the one in use (exit 2). */
export function requireRotatable(
  { id, name, status, superseded, retireAt }: Key,
  { finish, to }: Pick<RotateInput, 'finish' | 'to'>,
): void {
  if (status === 'revoked') {
    throw usageError(`the key ${id} is revoked for good: make a new one`, `keys create ${shellWord(name)}`);
  }
  if (status === 'disabled') {
    throw usageError(`the key ${id} is disabled`, `keys update ${shellWord(id)} --enable`);
  }
  if (superseded) {
    throw usageError(
      `a newer key named ${name} has taken the place of ${id}: rotate that one`,
      `keys rotate ${shellWord(name)}`,
    );
  }
  // Where the API keeps no names, only the journal tells that there is a newer one.
  if (retireAt !== undefined && !finish) {
    throw usageError(
      `the key ${id} was rotated before and is about to be retired: rotate the key that replaced it`,
      'keys recover --list',
    );
  }
  if (isUnnamed({ id, name }) && to.some(({ text }) => text.includes('{name}'))) {
    throw usageError(
      `the API keeps no name for the key ${id}, so {name} would be another one each time`,
      'write the name of the place instead of {name}',
    );
  }
}

/** Whether `--older-than` and `--due` let the key be rotated now; without them it always is. */
export async function isDue(
  context: Context,
  key: Key,
  { input: { due, olderThan }, isOne }: Job,
): Promise<boolean> {
  if (!due && !olderThan) return true;
  const { createdAt, expiresAt } = key;
  if (olderThan && createdAt && Date.parse(createdAt) <= before(context.now, olderThan).getTime())
    return true;
  if (due && expiresAt && Date.parse(expiresAt) <= after(context.now, due).getTime()) return true;
  if (olderThan && createdAt === undefined) {
    throw usageError('the provider does not report when a key was made: --older-than cannot be told');
  }
  const age = createdAt ? `made ${relativeTime(createdAt, context.now)}` : 'of unknown age';
  const end = expiresAt ? `, expires ${relativeTime(expiresAt, context.now)}` : '';
  if (isOne) await context.note(`${visible(key.name)} (${visible(key.id)}) is not due: ${age}${end}`);
  return false;
}
