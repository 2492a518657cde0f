import { usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { useOf } from '../rotation/succession.ts';
import { complete, revokeCreated } from './complete.ts';
import type { Conclusion } from './outcome.ts';
import type { Recovery } from './recovery.ts';
import type { RecoveryState } from './recovery-state.ts';

/** A state that only a decision can end: the secret of the key is not at hand. */
type Undecided = Exclude<RecoveryState, { kind: 'settled' | 'deliverable' }>;

/** Ends the operation if the user has decided, by flags or at a prompt; else it stays open and both keys live. */
export async function decide(recovery: Recovery, state: Undecided): Promise<Conclusion> {
  switch (state.kind) {
    case 'undeliverable':
      return orphan(recovery, state);
    case 'unclear':
      return unclear(recovery, state);
    case 'damaged':
      return damaged(recovery, state);
    case 'renewed':
      return replacedInPlace(recovery, state);
    case 'ambiguous':
      return chooseAmong(recovery, state);
  }
}

/** The secret of the key is gone for good, and no sink has it. */
async function orphan(
  recovery: Recovery,
  { key: { id }, isTold }: Extract<RecoveryState, { kind: 'undeliverable' }>,
): Promise<Conclusion> {
  const { issuer, open, choice, rotates } = recovery;
  // The rotation that runs this recovery creates another key.
  const isReplaced = rotates && isTold;
  if (choice.revoke || isReplaced || (await confirms(recovery, { id, isSecretLost: true })))
    return revokeCreated(recovery, { id });
  return {
    outcome: 'open',
    id,
    reason: `the secret of the ${issuer.subject.noun} ${id} is lost: keys recover ${open.header.id} --yes revokes it`,
  };
}

/** A sink has the secret, or may have it: the key is revoked only if the user says so. */
async function unclear(
  recovery: Recovery,
  { key, holders }: Extract<RecoveryState, { kind: 'unclear' }>,
): Promise<Conclusion> {
  const { services, issuer, open, choice } = recovery;
  const { id } = key;
  if (choice.revoke && id) return revokeCreated(recovery, key);
  const use = id && issuer.backend ? await useOf(issuer.backend, key).catch(() => undefined) : undefined;
  if (use !== undefined) return arrived(recovery, id, use);
  if (recovery.mayAsk) {
    const answer = await services.prompts.chooseUnclear({ key, sinks: holders });
    if (answer === 'keep') return arrived(recovery, id, 'you confirmed that it arrived');
    if (answer === 'revoke') return revokeCreated(recovery, key);
  }
  const places = holders.join(' and ');
  return {
    outcome: 'open',
    ...(id && { id }),
    reason: `${places} may have the secret of ${id || key.name}, so no key was revoked; look there, then run keys recover ${open.header.id} --keep, or --revoke`,
  };
}

/** What is in escrow is not the secret that was put there: it is delivered nowhere. */
async function damaged(
  recovery: Recovery,
  { key, reason }: Extract<RecoveryState, { kind: 'damaged' }>,
): Promise<Conclusion> {
  const { choice, open } = recovery;
  if (choice.revoke && key.id) return revokeCreated(recovery, key);
  return {
    outcome: 'open',
    ...(key.id && { id: key.id }),
    reason: `${reason}; no key was revoked: keys recover ${open.header.id} ${key.id ? '--revoke, or --keep' : '--keep'}`,
  };
}

async function arrived(recovery: Recovery, id: string, reason: string): Promise<Conclusion> {
  recovery.services.startMutation();
  return { outcome: 'delivered', reason, ...(await complete(recovery)), ...(id && { id }) };
}

/** The key's own secret was replaced, or may have been. Revoking the key would leave nothing to rotate. */
async function replacedInPlace(
  recovery: Recovery,
  { key, isCertain }: Extract<RecoveryState, { kind: 'renewed' }>,
): Promise<Conclusion> {
  const { choice, operation, open, rotates } = recovery;
  if (choice.revoke) return revokeCreated(recovery, key);
  const finding = isCertain
    ? `the API replaced the secret of ${key.id}, and the new one is lost: the old one no longer works`
    : `the API may have replaced the secret of ${key.id}: it does not report whether it did`;
  if (rotates) {
    await operation.end();
    return { outcome: 'ended', id: key.id, reason: finding };
  }
  const again = `keys rotate ${shellWord(key.name)} --allow-downtime --to ${shellWord(open.header.plan.sinks[0] ?? 'file:key')}`;
  const otherwise = isCertain ? '' : `; if the old one works: keys recover ${open.header.id} --keep`;
  return { outcome: 'open', id: key.id, reason: `${finding}: ${again}${otherwise}` };
}

async function chooseAmong(
  recovery: Recovery,
  { candidates, isUnlisted }: Extract<RecoveryState, { kind: 'ambiguous' }>,
): Promise<Conclusion> {
  const { services, open, choice } = recovery;
  const { id: operation, plan } = open.header;
  const chosenKey = candidates.find(({ id }) => id === choice.keyId);
  if (choice.keyId !== undefined && !chosenKey) {
    throw usageError(
      `--key ${choice.keyId} is not one of the candidates`,
      ...candidates.map(({ id }) => `keys recover ${operation} --key ${shellWord(id)} --yes`),
    );
  }
  if (chosenKey) {
    const isFinal = choice.revoke || (await confirms(recovery, { id: chosenKey.id, isSecretLost: false }));
    if (isFinal) return revokeCreated(recovery, chosenKey);
  } else if (candidates.length > 0 && recovery.mayAsk) {
    const answer = await services.prompts.chooseCandidate(candidates);
    if (answer) return revokeCreated(recovery, answer);
  }
  if (candidates.length === 0) {
    const finding = isUnlisted
      ? `a key named ${plan.name} was created, and the API does not list it`
      : `the API may cut its list of keys, so a key named ${plan.name} may exist unseen`;
    return {
      outcome: 'open',
      reason: `${finding}: look there, then run keys recover ${operation} --keep`,
    };
  }
  const count = candidates.length === 1 ? '1 key' : `${candidates.length} keys`;
  return {
    outcome: 'open',
    candidates: candidates.map(({ id, name, createdAt }) => ({ id, name, ...(createdAt && { createdAt }) })),
    reason: `${count} may have been created by this operation: keys recover ${operation} --key <id> --yes revokes one, --keep keeps all`,
  };
}

async function confirms(
  { services, choice, mayAsk, open }: Recovery,
  key: { id: string; isSecretLost: boolean },
): Promise<boolean> {
  return (
    choice.assumeYes ||
    (mayAsk && services.prompts.confirmRevocation({ ...key, setting: open.header.setting }))
  );
}
