import type { ErrorCode } from '../../base/error-codes.ts';
import { KeysError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Delivered, Sink } from '../ports.ts';
import type { Issuer, Subject } from './issuer.ts';
import type { Operation } from './operation.ts';

export interface Undelivered {
  subject: Subject;
  key: Key;
  isHeld: boolean;
  delivered: readonly Delivered[];
  failed: Sink | undefined;
  cause: unknown;
}

/** What to report of a secret that was not delivered, after the world was put in order. */
export async function undelivered(
  issuer: Pick<Issuer<never>, 'revoke'>,
  operation: Operation,
  { subject: { noun, revocation }, key, isHeld, delivered, failed, cause }: Undelivered,
): Promise<KeysError> {
  const to = failed ? ` to ${failed.name}` : '';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isUnclear = cause instanceof KeysError && cause.failure.code === 'delivery_unclear';
  const recovery = `keys recover ${operation.id}`;
  const isKnown = key.id !== unidentified;
  const which = isKnown ? `${key.name} (${key.id})` : key.name;
  const unfinished = (code: ErrorCode, message: string, hints: readonly string[]) =>
    new KeysError({ exit: 'unfinished', code, message, hints, operation: operation.id, cause });
  const leave = async () => {
    // The disk may be full, which may be why it was not delivered: what was written before is enough to go on.
    await operation
      .note({
        step: 'undelivered',
        ...(failed && { sink: failed.name }),
        reason,
        ...(isUnclear && { isUnclear }),
      })
      .catch(() => {});
    await operation.leave();
  };

  if (isHeld) {
    await leave();
    const others = delivered.length > 0 ? `is in ${names(delivered)}, but ` : '';
    return unfinished(
      'in_escrow',
      `the secret of ${which} ${others}was not delivered${to}: ${reason}; it waits in the ${operation.escrow}`,
      [...causeHints(cause), recovery],
    );
  }
  // A place that got a new key in place of an old one must not be left with a dead value.
  const isRotation = operation.plan.kind === 'rotate';
  const holders = isRotation ? delivered : delivered.filter(({ verified }) => verified);
  if (holders.length > 0) {
    await leave();
    return unfinished(
      'partly_delivered',
      `the secret of ${which} is in ${names(holders)} but was not delivered${to}: ${reason}`,
      [
        recovery,
        `the ${noun} works; copy its secret from ${holders[0]?.sink} or revoke it`,
        ...(isKnown ? [revocation(key.id)] : []),
      ],
    );
  }
  if (isRotation && isUnclear) {
    await leave();
    return unfinished(
      'delivery_unclear',
      `whether the secret of ${which} was delivered${to} is not known (${reason}), so no key was revoked`,
      [...causeHints(cause), recovery],
    );
  }
  if (isKnown && key.id === operation.plan.replaces?.id) {
    await leave();
    return unfinished(
      'renewed_undelivered',
      `the secret of ${which} was replaced by the API and not delivered${to}: ${reason}; its old value no longer works`,
      [...causeHints(cause), `keys rotate ${shellWord(key.name)} --allow-downtime --to ...`],
    );
  }
  if (isKnown && (await issuer.revoke(key.id).catch(() => false))) {
    await operation.end();
    return new KeysError({
      code: 'delivery_failed',
      message: `the secret was not delivered${to}: ${reason}; the new ${noun} ${key.id} was revoked again`,
      hints: [...causeHints(cause), 'how it could have waited instead: keys doctor'],
      cause,
    });
  }
  await leave();
  return unfinished(
    'orphan_key',
    `the secret was not delivered${to} (${reason}), and the new ${noun} ${key.id || key.name} could not be revoked`,
    isKnown ? [recovery, revocation(key.id)] : [recovery, 'keys list'],
  );
}

function names(delivered: readonly Delivered[]): string {
  return delivered.map(({ sink }) => sink).join(', ');
}

function causeHints(cause: unknown): readonly string[] {
  return cause instanceof KeysError ? (cause.failure.hints ?? []) : [];
}
