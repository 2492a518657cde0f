import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError } from '../../base/errors.ts';
import { unidentified } from '../key.ts';
import type { Operation } from '../operations/operation.ts';
import { creationIn } from '../operations/operation.ts';
import type { KeyBackend } from '../ports.ts';

/** Pauses before each look: the API may show a new key a little later. */
const pausesMs = [0, 500, 1500];

/**
 * Throws `KeysError` unless the API shows the key that its own rotation has made: an id that it does not show may be
 * another form of the id of the old key, which then holds the new secret and must not end.
 */
export async function requireAnotherKey(
  backend: Pick<KeyBackend, 'get'>,
  { plan: { replaces }, steps }: Pick<Operation, 'plan' | 'steps'>,
  pause: (milliseconds: number) => Promise<unknown> = sleep,
): Promise<void> {
  const { id } = creationIn(steps) ?? {};
  if (!id || id === unidentified || replaces?.shown === undefined) return;
  if (id === replaces.id || areTwoIds(id, replaces.id)) return;
  for (const pauseMs of pausesMs) {
    if (pauseMs > 0) await pause(pauseMs);
    if ((await backend.get(id))?.id === id) return;
  }
  throw new NotShown(id, replaces.id);
}

/** Two ids of one form, which are not the same in other letters: no look is needed. */
function areTwoIds(one: string, other: string): boolean {
  const [plain = '', plainOther = ''] = [one, other].map((id) => id.toLowerCase().replace(/[^a-z0-9]/g, ''));
  const areNumbers = [one, other].every((id) => /^\d+$/.test(id));
  return areNumbers || (plain.length === plainOther.length && plain !== plainOther);
}

/** The old key may be the new one, so no hint says to revoke it. */
export class NotShown extends KeysError {
  constructor(id: string, oldId: string) {
    super({
      code: 'not_retired',
      message: `the API does not show the new key ${id}, which may be ${oldId} itself`,
    });
  }
}
