import { KeysError } from '../../base/errors.ts';
import type { AfterLoss } from './after-loss.ts';
import { afterLoss } from './after-loss.ts';
import type { Issuer, Subject } from './issuer.ts';
import type { Operation } from './operation.ts';
import { sendingIn } from './operation.ts';

/** Network failures before a byte of the request was sent, and refusals. */
const unsent = new Set([
  'authority_unreachable',
  'connection_failed',
  'tls_failed',
  'proxy_failed',
  'timed_out',
  'redirect_refused',
  'not_this_api',
]);

/**
 * Whether a failed call certainly created no key. A bug does not tell, nor does an answer that cannot be read, nor a
 * server that failed on the call.
 */
export function certainlyNotCreated(error: unknown): boolean {
  if (!(error instanceof KeysError)) return false;
  const { exit, code } = error.failure;
  if (exit === 'unfinished') return false;
  return exit !== 'network' || unsent.has(code);
}

/**
 * The failure to report if it is not known whether a key was created: the operation stays open for `recover`, which
 * revokes a key whose secret went nowhere. If a server failed (500, 501, 503), its list is believed that nothing was
 * created or replaced; behind a proxy that failed (502, 504) or a lost connection it is not, because the server may still
 * be working on the call; nor if a secret that was made here would be erased by that, and can be verified later.
 */
export async function lostReply(
  issuer: Pick<Issuer<never>, 'list' | 'clockAhead' | 'capabilities'>,
  operation: Operation,
  { noun }: Subject,
  error: unknown,
): Promise<unknown> {
  const reason = error instanceof Error ? error.message : String(error);
  await operation.note({ step: 'lost', reason }).catch(() => {});
  const state = await afterLoss(operation, issuer).catch(() => undefined);
  const isHeld = sendingIn(operation.steps) !== undefined;
  const { httpStatus } = error instanceof KeysError ? error.failure : {};
  const isBelieved = !isHeld || !issuer.capabilities.verify;
  if (
    isBelieved &&
    state?.kind === 'settled' &&
    httpStatus !== undefined &&
    [500, 501, 503].includes(httpStatus)
  ) {
    if (operation.plan.replaces?.revokedFirst) return withoutKey(operation, error);
    await operation.end();
    return error;
  }
  await operation.leave();
  const isOrphan = error instanceof KeysError && error.failure.code === 'orphan_key';
  const isReported = isOrphan && state?.kind === 'undeliverable' && reason.includes(state.key.id);
  return new KeysError({
    ...(error instanceof KeysError && error.failure),
    exit: 'unfinished',
    code: 'reply_lost',
    message: isReported ? reason : `${reason}; ${findingText(state, noun, operation.plan.name, isHeld)}`,
    hints: [`keys recover ${operation.id}`],
    operation: operation.id,
    cause: error,
  });
}

/**
 * The failure to report if the API created no key and the old one is revoked already: the operation stays open for
 * `recover`, which creates the key.
 */
export async function withoutKey(operation: Operation, error: unknown): Promise<KeysError> {
  const reason = error instanceof Error ? error.message : String(error);
  const failure = error instanceof KeysError ? error.failure : undefined;
  await operation.note({ step: 'undone', reason }).catch(() => {});
  await operation.leave();
  return new KeysError({
    ...failure,
    exit: 'unfinished',
    code: 'rotation_unfinished',
    message: `${reason}; the old key ${operation.plan.replaces?.id} is revoked, and no new key exists`,
    hints: [...(failure?.hints ?? []), `keys recover ${operation.id}`],
    operation: operation.id,
    cause: error,
  });
}

/** `isHeld`: the secret was made here, and is in escrow. */
function findingText(state: AfterLoss | undefined, noun: string, name: string, isHeld: boolean): string {
  const escrow = isHeld ? ', and its secret is in escrow' : '';
  if (state?.kind === 'renewed')
    return `the value of the ${noun} ${state.key.id} may have been replaced${isHeld ? ', and the new one is in escrow' : ''}`;
  const certain = state?.kind === 'undeliverable' ? [state.key] : [];
  const possible = state?.kind === 'ambiguous' ? state.candidates : certain;
  if (possible.length === 0 || isHeld) return `a ${noun} named ${name} may have been created${escrow}`;
  return `the secret of the new ${noun} is lost: ${possible.map(({ id }) => id).join(', ')}`;
}
