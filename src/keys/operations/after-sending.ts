import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import { isRefusal } from '../verdict.ts';
import type { AfterLoss } from './after-loss.ts';
import { afterLoss } from './after-loss.ts';
import type { Operation } from './operation.ts';
import { sendingIn } from './operation.ts';
import type { Account, RecoveryState } from './recovery-state.ts';

/**
 * The state of an operation that was about to send a secret made here, and got no answer. The secret is in escrow, unless it
 * was damaged there, and is delivered if a key has it: by what the API tells, or because a key can only be that of the call
 * and the API stores what is sent. A key that has another secret is somebody else's. If no key is listed, an API that can
 * verify keys has to refuse the secret before it is given up.
 */
export async function afterSending(
  operation: Operation,
  account: Account,
  secret: Secret | undefined,
): Promise<RecoveryState> {
  const state = await afterLoss(operation, account);
  if (!secret) return state;
  const { name, sinks } = operation.plan;
  const unidentifiedKey: Key = { id: unidentified, name, status: 'unknown' };
  const deliverable = (key: Key) => ({
    kind: 'deliverable' as const,
    key: { ...key, name },
    secret,
    sinks,
  });
  if (state.kind === 'settled')
    return (await isGivenUp(account, secret)) ? state : { ...deliverable(unidentifiedKey), isUnlisted: true };
  const candidates = candidatesOf(state, operation);
  const holders: Key[] = [];
  const refuted: Key[] = [];
  for (const key of candidates) {
    const isHolder = await account.holds?.(key.id, secret);
    if (isHolder) holders.push(key);
    if (isHolder === false) refuted.push(key);
  }
  const [holder, ...others] = holders;
  // An API that merely accepts the secret does not say which key has it: no key must be revoked for it later.
  if (holder) return deliverable(others.length === 0 ? holder : unidentifiedKey);
  const isRefuted = candidates.length > 0 && refuted.length === candidates.length;
  if (state.kind === 'renewed' && isRefuted) return { kind: 'settled', reason: 'nothing-made' };
  if (state.kind !== 'undeliverable') return state;
  if (isRefuted) return { kind: 'ambiguous', candidates };
  const isFinal = sendingIn(operation.steps)?.isFinal === true;
  return isFinal ? deliverable({ status: 'unknown', ...state.key }) : state;
}

/** Whether nothing speaks for a key that the API does not list: it refuses the secret, or cannot verify any. */
async function isGivenUp(account: Account, secret: Secret): Promise<boolean> {
  return !account.verify || !account.capabilities.verify || isRefusal(await account.verify(secret));
}

/** The keys that may have got the secret: new ones, and the one that the API was told to renew. */
function candidatesOf(state: AfterLoss, { plan: { name, replaces } }: Operation): Key[] {
  const renewedKey: Key[] = replaces?.shown ? [{ id: replaces.id, name, status: 'unknown' }] : [];
  switch (state.kind) {
    case 'undeliverable':
      return [{ status: 'unknown', ...state.key }];
    case 'ambiguous':
      return [...state.candidates, ...renewedKey];
    default:
      return renewedKey;
  }
}
