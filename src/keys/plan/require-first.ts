import { KeysError } from '../../base/errors.ts';
import type { Key } from '../key.ts';
import { isActive, unidentified } from '../key.ts';

/*
 * Two machines that apply one file at the same moment see no key of a name, and create one each. Before a secret goes anywhere,
 * each looks again: of keys that were created meanwhile, the first one stays, and the others are revoked by those who created
 * them. A key is thus only ever revoked by the process that has its secret, and only while that is nowhere else.
 */

export interface Surroundings {
  /** A list that was begun after this call. */
  listKeys(names: readonly string[]): Promise<readonly Key[]>;
  pause(milliseconds: number): Promise<void>;
}

/** Within this time, a process that has to revoke its key has done so. */
const settledMs = 2_000;

/**
 * Throws `KeysError` (`created_elsewhere`) if another process has created a key of this name, and its key stays. `known`: the
 * keys that were listed before.
 */
export async function requireFirst(services: Surroundings, key: Key, known: readonly Key[]): Promise<void> {
  const look = () => rivalsOf(services, key, known);
  const { own, rivals } = await look();
  const [rival] = rivals;
  if (!own || !rival) return;
  if (isBefore(rival, own)) throw createdElsewhere(rival);
  if (!rivals.some((one) => one.createdAt === own.createdAt)) return;
  // Created at the same time, as far as the API tells: it may have looked before our key was there, and stays then.
  await services.pause(settledMs);
  const [left] = (await look()).rivals;
  if (left) throw createdElsewhere(left);
}

/** The active keys of the name that are new, the first one first. What cannot be listed now was listed before. */
async function rivalsOf(services: Surroundings, key: Key, known: readonly Key[]) {
  const keys = key.id === unidentified ? [] : await services.listKeys([key.name]).catch(() => []);
  const own = keys.find(({ id }) => id === key.id);
  const knownIds = new Set([key.id, ...known.map(({ id }) => id)]);
  const rivals = keys
    .filter((one) => one.name === key.name && isActive(one) && !knownIds.has(one.id))
    .sort((one, other) => (isBefore(one, other) ? -1 : 1));
  return { own, rivals };
}

function isBefore(one: Key, other: Key): boolean {
  const [time, otherTime] = [one, other].map(({ createdAt }) => Date.parse(createdAt ?? '') || 0);
  return time === otherTime ? one.id < other.id : (time ?? 0) < (otherTime ?? 0);
}

function createdElsewhere({ name, id }: Key): KeysError {
  return new KeysError({
    code: 'created_elsewhere',
    message: `another process has just created ${name} (${id})`,
    hints: ['keys plan'],
  });
}
