import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import { isOver } from '../operations/candidates.ts';
import { certainlyNotCreated } from '../operations/lost-reply.ts';
import type { Operation } from '../operations/operation.ts';
import type { KeyBackend } from '../ports.ts';

/*
 * A rotation at an API that allows one key and has no rotation of its own: the old key is revoked before the new one is
 * created. From the first call on, the operation can only go forward: `recover` creates the key that is missing.
 */

export function revokesFirst({ rotateInPlace, capabilities: { overlap } }: KeyBackend): boolean {
  return overlap === 'none' && rotateInPlace === undefined;
}

/**
 * Revokes the old key of an operation, unless that is done. Returns the refusal of the API if the key certainly works as
 * before; undefined: it is revoked. Throws if neither is certain.
 */
export async function revokeOld(backend: KeyBackend, operation: Operation): Promise<KeysError | undefined> {
  const { id = '' } = operation.plan.replaces ?? {};
  if (operation.steps.some(({ step }) => step === 'revoked')) return undefined;
  await operation.note({ step: 'revoking' });
  let failure: unknown;
  try {
    await backend.revoke(id);
  } catch (error) {
    failure = error;
  }
  const after = await backend.get(id).catch(() => 'unknown' as const);
  const isAlive = after !== undefined && after !== 'unknown' && !hasEnded(after);
  const isConfirmed = after === undefined ? backend.capabilities.show : after !== 'unknown' && !isAlive;
  if (isConfirmed || (failure === undefined && !isAlive)) {
    // If this cannot be written down, the key is looked up again.
    await operation.note({ step: 'revoked' }).catch(() => {});
    return undefined;
  }
  if (isAlive && failure instanceof KeysError && certainlyNotCreated(failure)) return failure;
  throw failure ?? notRevoked(id);
}

/** A key that an API only disables no longer works either. */
function hasEnded(key: Key): boolean {
  return isOver(key) || key.status === 'disabled';
}

function notRevoked(id: string): KeysError {
  return new KeysError({
    code: 'not_revoked',
    message: `the API accepted the revocation of ${id}, but still reports it as active`,
    hints: [`keys show ${shellWord(id)}`],
  });
}
