import { revokeOld } from '../rotation/revoke-first.ts';
import { verifyNewKey } from '../rotation/verify-new-key.ts';
import { complete, goesForward } from './complete.ts';
import { createAndDeliver } from './issue.ts';
import { keySubject } from './issuer.ts';
import type { Conclusion } from './outcome.ts';
import { concluded } from './outcome.ts';
import { specOf } from './planned-spec.ts';
import type { Recovery } from './recovery.ts';
import type { RecoveryState } from './recovery-state.ts';

/**
 * Whether no key is left of a rotation that revokes the old key first: the only way is to create the new one. A user who
 * wants none says so with `--keep` or `--revoke`.
 */
export function isWithoutKey({ operation, choice }: Recovery, state: RecoveryState): boolean {
  const { plan, steps } = operation;
  const hasBegun = steps.some(({ step }) => step === 'revoking');
  return goesForward({ operation, choice }) && hasBegun && isNothingMade(state) && plan.spec !== undefined;
}

function isNothingMade(state: RecoveryState): boolean {
  return state.kind === 'settled' && state.reason === 'nothing-made';
}

/**
 * Makes sure that the old key is revoked, creates the new one as planned and delivers it; undefined: its secret was
 * printed. Throws `KeysError` as `createAndDeliver` does: the operation then stays open.
 */
export async function createAgain(recovery: Recovery): Promise<Conclusion | undefined> {
  const { services, open, operation, issuer, choice, isOne } = recovery;
  const { backend } = issuer;
  const { replaces, spec, sinks: plannedSinks, nameless } = operation.plan;
  if (!backend || !replaces || !spec) throw new Error('this operation does not tell which key to create');
  const to = choice.to.length > 0 ? choice.to : plannedSinks;
  const mayPrint = isOne && (choice.secretOnly || choice.to.length > 0 || services.printsRecords);
  if (to.includes('stdout') && !mayPrint) {
    const reason = `the old key ${replaces.id} is to be replaced, and the secret of the new one to be printed: keys recover ${open.header.id} --to env:.env#API_KEY, or --secret-only`;
    return { outcome: 'open', reason };
  }
  const destination = await services.openDestination({
    to,
    secretOnly: choice.secretOnly,
    setting: open.header.setting,
    isHere: choice.to.length > 0,
  });
  const sinks = destination.sinks(({ key, delivered }) =>
    concluded(open, { outcome: 'delivered', id: key.id, delivered }),
  );
  for (const sink of sinks) await sink.check({ name: spec.name });
  services.startMutation();
  const refusal = await revokeOld(backend, operation);
  if (refusal) {
    await operation.end();
    const reason = `the old key ${replaces.id} works as before: ${refusal.message}`;
    return { outcome: 'ended', id: replaces.id, reason };
  }
  const before = await backend.list();
  const { key, delivered } = await createAndDeliver(backend, specOf(spec, services.now), operation, {
    subject: { ...keySubject, kind: 'rotate' },
    sinks,
    onSecret: (secret) => services.maskInLog(secret),
    before: { keys: before, ...(nameless && { nameless }), single: backend.capabilities.maxKeys === 1 },
    verify: (secret) => verifyNewKey(backend, replaces, secret),
  });
  const retirement = await complete(recovery);
  await services.tell({ type: 'delivered', delivered });
  if (destination.printsSecret) return undefined;
  return { outcome: 'delivered', ...retirement, ...(key.id && { id: key.id }), delivered };
}
