import { usageError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import { useOf } from '../rotation/succession.ts';
import type { End, Recovery } from './end.ts';
import { completed, revoke } from './end.ts';
import type { RecoveryState } from './recovery-state.ts';

/** What can only be ended by a decision: about a key whose secret is not at hand. */
type Undecided = Exclude<RecoveryState, { kind: 'settled' | 'deliverable' }>;

/** Ends the operation where the user has decided, with flags or at a prompt; else it stays open, and both keys live. */
export async function decide(recovery: Recovery, standing: Undecided): Promise<End> {
  switch (standing.kind) {
    case 'undeliverable':
      return orphan(recovery, standing);
    case 'unclear':
      return unclear(recovery, standing);
    case 'damaged':
      return damaged(recovery, standing);
    case 'renewed':
      return renewed(recovery, standing);
    case 'ambiguous':
      return chooseAmong(recovery, standing.candidates);
  }
}

/** A key whose secret is gone for good, and in no place. */
async function orphan(
  recovery: Recovery,
  { key, isTold }: Extract<RecoveryState, { kind: 'undeliverable' }>,
): Promise<End> {
  const { maker, open, input, rotates } = recovery;
  // A rotation that is run again makes another key in its place.
  const isReplaced = rotates && isTold;
  if (
    input.revoke ||
    isReplaced ||
    (await confirms(recovery, `The secret of ${key.id} is lost: no place has it. Revoke the key?`))
  )
    return revoke(recovery, key);
  return {
    outcome: 'open',
    id: key.id,
    reason: `the secret of the ${maker.subject.noun} ${key.id} is lost: keys recover ${open.header.id} --yes revokes it`,
  };
}

/** A key whose secret some place has, or may have: it is not revoked unless the user says so. */
async function unclear(
  recovery: Recovery,
  { key, holders }: Extract<RecoveryState, { kind: 'unclear' }>,
): Promise<End> {
  const { context, maker, open, input } = recovery;
  const { id } = key;
  if (input.revoke && id) return revoke(recovery, key);
  const use = id && maker.backend ? await useOf(maker.backend, key).catch(() => undefined) : undefined;
  if (use !== undefined) return arrived(recovery, id, use);
  const places = holders.join(' and ');
  if (recovery.mayAsk) {
    const answer = await context.choose(
      `${places} may have the secret of ${id || key.name}. Look there first.`,
      [
        { value: 'leave', name: 'leave both keys as they are' },
        { value: 'keep', name: `it is there: keep ${id || 'the new key'}` },
        ...(id ? [{ value: 'revoke' as const, name: `it is not there: revoke ${id}` }] : []),
      ],
    );
    if (answer === 'keep') return arrived(recovery, id, 'somebody has seen that it arrived');
    if (answer === 'revoke') return revoke(recovery, key);
  }
  return {
    outcome: 'open',
    ...(id && { id }),
    reason: `${places} may have the secret of ${id || key.name}, so no key was revoked; look there, then keys recover ${open.header.id} --keep, or --revoke`,
  };
}

/** A secret that is not the one that was put in escrow is delivered nowhere. */
async function damaged(
  recovery: Recovery,
  { key, reason }: Extract<RecoveryState, { kind: 'damaged' }>,
): Promise<End> {
  const { input, open } = recovery;
  if (input.revoke && key.id) return revoke(recovery, key);
  return {
    outcome: 'open',
    ...(key.id && { id: key.id }),
    reason: `${reason}; no key was revoked: keys recover ${open.header.id} ${key.id ? '--revoke, or --keep' : '--keep'}`,
  };
}

async function arrived(recovery: Recovery, id: string, reason: string): Promise<End> {
  recovery.context.startMutation();
  return { outcome: 'delivered', reason, ...(await completed(recovery)), ...(id && { id }) };
}

/** A key whose own secret was replaced, or may have been. Revoking it would leave nothing to rotate. */
async function renewed(
  recovery: Recovery,
  { key, isCertain }: Extract<RecoveryState, { kind: 'renewed' }>,
): Promise<End> {
  const { input, operation, open, rotates } = recovery;
  if (input.revoke) return revoke(recovery, key);
  const what = isCertain
    ? `the API replaced the secret of ${key.id}, and the new one is lost: the old one no longer works`
    : `the API may have replaced the secret of ${key.id}: it does not tell`;
  if (rotates) {
    await operation.end();
    return { outcome: 'ended', id: key.id, reason: what };
  }
  const again = `keys rotate ${shellWord(key.name)} --allow-downtime --to ${shellWord(open.header.plan.sinks[0] ?? 'file:key')}`;
  const otherwise = isCertain ? '' : `; if the old one works: keys recover ${open.header.id} --keep`;
  return { outcome: 'open', id: key.id, reason: `${what}: ${again}${otherwise}` };
}

async function chooseAmong(recovery: Recovery, candidates: readonly Key[]): Promise<End> {
  const { context, open, input } = recovery;
  const chosen = candidates.find(({ id }) => id === input.key);
  if (input.key !== undefined && !chosen) {
    throw usageError(
      `--key ${input.key} is not one of the candidates`,
      ...candidates.map(({ id }) => `keys recover ${open.header.id} --key ${shellWord(id)} --yes`),
    );
  }
  if (chosen && (input.revoke || (await confirms(recovery, `Revoke ${chosen.id}?`))))
    return revoke(recovery, chosen);
  if (!chosen && candidates.length > 0 && recovery.mayAsk) {
    const id = await context.choose('The reply was lost. Which of these keys did this operation make?', [
      { value: '', name: 'leave all of them as they are' },
      ...candidates.map((key) => ({ value: key.id, name: `revoke ${key.id}  ${key.createdAt ?? ''}` })),
    ]);
    const named = candidates.find((key) => key.id === id);
    if (named) return revoke(recovery, named);
  }
  if (candidates.length === 0) {
    const reason = `the API may cut its list of keys, so a key named ${open.header.plan.name} may be there unseen: look there, then keys recover ${open.header.id} --keep`;
    return { outcome: 'open', reason };
  }
  const these = candidates.length === 1 ? 'a key' : `${candidates.length} keys`;
  return {
    outcome: 'open',
    candidates: candidates.map(({ id, name, createdAt }) => ({ id, name, ...(createdAt && { createdAt }) })),
    reason: `${these} may be the one: keys recover ${open.header.id} --key <id> --yes revokes it, --keep keeps all`,
  };
}

async function confirms({ context, mayAsk }: Recovery, question: string): Promise<boolean> {
  if (context.globals.yes) return true;
  return mayAsk && context.confirm(question, ['no, leave it as it is', 'yes, revoke it']);
}
