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
  /** That the secret is the key's: a key that only seems to have it may be somebody else's, and is not revoked. */
  isProven: boolean;
  isHeld: boolean;
  delivered: readonly Delivered[];
  failed: Sink | undefined;
  cause: unknown;
}

type Revoker = Pick<Issuer<never>, 'revoke'>;

/** The failure to report for a secret that was not delivered, after cleaning up. */
export async function undelivered(
  issuer: Revoker,
  operation: Operation,
  state: Undelivered,
): Promise<KeysError> {
  return (await withdrawn(issuer, operation, state)) ?? (await leftBehind(issuer, operation, state));
}

/** A key that yields to that of another process is revoked, whose secret is nowhere else. Undefined: it does not, or cannot. */
async function withdrawn(
  issuer: Revoker,
  operation: Operation,
  { subject, key: { id }, isProven, cause }: Undelivered,
): Promise<KeysError | undefined> {
  if (!(cause instanceof KeysError) || cause.failure.code !== 'created_elsewhere') return undefined;
  if (id === unidentified || !isProven || !(await issuer.revoke(id).catch(() => false))) return undefined;
  await operation.end();
  const message = `${cause.message}; the ${subject.noun} that was created here (${id}) was revoked before its delivery`;
  return new KeysError({ ...cause.failure, message, cause });
}

async function leftBehind(
  issuer: Revoker,
  operation: Operation,
  { subject: { noun, revocation }, key, isProven, isHeld, delivered, failed, cause }: Undelivered,
): Promise<KeysError> {
  const to = failed ? ` to ${failed.name}` : '';
  const reason = cause instanceof Error ? cause.message : String(cause);
  const isUnclear = cause instanceof KeysError && cause.failure.code === 'delivery_unclear';
  const recovery = `keys recover ${operation.id}`;
  const isKnown = key.id !== unidentified;
  const label = isKnown ? `${key.name} (${key.id})` : key.name;
  const unfinishedError = (code: ErrorCode, message: string, hints: readonly string[]) =>
    new KeysError({ exit: 'unfinished', code, message, hints, operation: operation.id, cause });
  const leave = async () => {
    // A full disk may be why it was not delivered: what was written before is enough to recover.
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
    return unfinishedError(
      'in_escrow',
      `the secret of ${label} ${others}was not delivered${to}: ${reason}; it is in escrow (${operation.escrow})`,
      [...causeHints(cause), recovery],
    );
  }
  // A sink whose old key was replaced must not be left with a dead value.
  const isRotation = operation.plan.kind === 'rotate';
  const holders = isRotation ? delivered : delivered.filter(({ verified }) => verified);
  if (holders.length > 0) {
    await leave();
    return unfinishedError(
      'partly_delivered',
      `the secret of ${label} is in ${names(holders)} but was not delivered${to}: ${reason}`,
      [
        recovery,
        `the ${noun} works; copy its secret from ${holders[0]?.sink} or revoke it`,
        ...(isKnown ? [revocation(key.id)] : []),
      ],
    );
  }
  if (isRotation && isUnclear) {
    await leave();
    return unfinishedError(
      'delivery_unclear',
      `the secret of ${label} may have been delivered${to} (${reason}), so no key was revoked`,
      [...causeHints(cause), recovery],
    );
  }
  if (isKnown && key.id === operation.plan.replaces?.id) {
    await leave();
    return unfinishedError(
      'renewed_undelivered',
      `the secret of ${label} was replaced by the API and not delivered${to}: ${reason}; its old value no longer works`,
      [...causeHints(cause), `keys rotate ${shellWord(key.name)} --allow-downtime --to ...`],
    );
  }
  if (isKnown && isProven && (await issuer.revoke(key.id).catch(() => false))) {
    const message = `the secret was not delivered${to}: ${reason}; the new ${noun} ${key.id} was revoked`;
    return withoutNewKey(operation, message, { cause, reason, leave });
  }
  await leave();
  return unfinishedError(
    'orphan_key',
    `the secret was not delivered${to} (${reason}), and the new ${noun} ${whyLeft(key, isProven)}`,
    isKnown ? [recovery, revocation(key.id)] : [recovery, 'keys list'],
  );
}

/** Why a key was not revoked. One that only seems to be the new one may be somebody else's. */
function whyLeft({ id, name }: Key, isProven: boolean): string {
  if (id === unidentified || isProven) return `${id || name} could not be revoked`;
  return `is probably ${id}, which was not revoked: the API did not say so, and it may be somebody else's`;
}

/** The failure to report once the new key is revoked again: if the old one is revoked too, another one has to follow. */
async function withoutNewKey(
  operation: Operation,
  message: string,
  { cause, reason, leave }: { cause: unknown; reason: string; leave: () => Promise<void> },
): Promise<KeysError> {
  const { replaces } = operation.plan;
  if (!replaces?.revokedFirst) {
    await operation.end();
    return deliveryFailed(message, cause);
  }
  await operation.note({ step: 'undone', reason }).catch(() => {});
  await leave();
  return new KeysError({
    exit: 'unfinished',
    code: 'delivery_failed',
    message: `${message}, as the old one ${replaces.id} was before`,
    hints: [...causeHints(cause), `keys recover ${operation.id}`],
    operation: operation.id,
    cause,
  });
}

function deliveryFailed(message: string, cause: unknown): KeysError {
  return new KeysError({
    code: 'delivery_failed',
    message,
    hints: [...causeHints(cause), 'set up an escrow to keep it next time: keys doctor'],
    cause,
  });
}

function names(delivered: readonly Delivered[]): string {
  return delivered.map(({ sink }) => sink).join(', ');
}

function causeHints(cause: unknown): readonly string[] {
  return cause instanceof KeysError ? (cause.failure.hints ?? []) : [];
}
