import { mayHide } from '../key.ts';
import { candidatesIn } from './candidates.ts';
import { inPlaceOutcomeOf } from './in-place.ts';
import type { Issuer } from './issuer.ts';
import type { Operation } from './operation.ts';
import { attemptIn } from './operation.ts';
import type { RecoveryState } from './recovery-state.ts';

type Account = Pick<Issuer<never>, 'list' | 'capabilities' | 'clockAhead'>;

export type AfterLoss = Extract<
  RecoveryState,
  { kind: 'settled' | 'undeliverable' | 'ambiguous' | 'renewed' }
>;

/**
 * The state of an operation whose call got no answer, as far as the existing keys tell. Throws `KeysError` if they cannot
 * be listed.
 */
export async function afterLoss(operation: Operation, account: Account): Promise<AfterLoss> {
  const { plan } = operation;
  if (!attemptIn(operation.steps).some(({ step }) => step === 'creating'))
    return { kind: 'settled', reason: 'nothing-made' };
  const keys = await account.list([plan.name, ...(plan.replaces ? [plan.replaces.id] : [])]);
  const { possible, certain } = candidatesIn(keys, operation, accountOf(account));
  if (certain) return { kind: 'undeliverable', key: certain, isTold: false };
  if (possible.length > 0) return { kind: 'ambiguous', candidates: possible };
  // If the list is cut, a key that it does not show may exist.
  if (mayHide(keys, account)) return { kind: 'ambiguous', candidates: [] };
  const renewal = plan.replaces?.shown && inPlaceOutcomeOf(keys, plan.replaces);
  if (!plan.replaces || !renewal || renewal === 'untouched')
    return { kind: 'settled', reason: 'nothing-made' };
  const { id } = plan.replaces;
  return { kind: 'renewed', key: { id, name: plan.name }, isCertain: renewal === 'replaced' };
}

/** What helps to find the key of a lost call in an account. */
export function accountOf(account: Account) {
  return { ahead: account.clockAhead?.(), single: account.capabilities.maxKeys === 1 };
}
