import { KeysError } from '../../base/errors.ts';
import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import { verifyNewKey } from '../rotation/verify-new-key.ts';
import { isRefusal } from '../verdict.ts';
import { isVisible, waitUntilVisible } from './await-state.ts';
import { complete, goesForward, revokeCreated } from './complete.ts';
import type { Conclusion } from './outcome.ts';
import { concluded, describe } from './outcome.ts';
import type { Recovery } from './recovery.ts';
import type { RecoveryState } from './recovery-state.ts';
import { resumeDelivery } from './resume-delivery.ts';

type Deliverable = Extract<RecoveryState, { kind: 'deliverable' }>;

/**
 * Hands the secret that waits in escrow to the sinks that do not have it, or to those of the choice; undefined: it was
 * printed. Throws `KeysError` if a sink fails: the secret then stays in escrow.
 */
export async function deliverWaiting(
  recovery: Recovery,
  state: Deliverable,
): Promise<Conclusion | undefined> {
  const { key, secret, sinks } = state;
  const { services, open, operation, choice, isOne } = recovery;
  if (state.isUnlisted) {
    const doubt = await doubtAbout(recovery, state);
    if (doubt) return doubt;
  }
  const plannedSinks = choice.to.length > 0 ? choice.to : sinks;
  const places = plannedSinks.filter((sink) => sink !== 'stdout');
  const mayPrint = isOne && (choice.secretOnly || choice.to.length > 0 || services.printsRecords);
  if (places.length < plannedSinks.length && !mayPrint) return withoutStdout(recovery, { key, places });
  const answer = await chooseDelivery(recovery, state, plannedSinks);
  if (answer === 'revoke') return revokeCreated({ ...recovery, choice: { ...choice, revoke: true } }, key);
  if (answer === 'leave') return { outcome: 'open', id: key.id, reason: 'left as it is' };

  const earlier = describe(open).delivered;
  const destination = await services.openDestination({
    to: answer === 'deliver' ? plannedSinks : answer.to,
    secretOnly: choice.secretOnly,
    setting: open.header.setting,
    isHere: choice.to.length > 0 || answer !== 'deliver',
  });
  services.startMutation();
  await verifyOfRotation(recovery, state);
  const allSinks = destination.sinks(({ delivered }) =>
    concluded(open, { outcome: 'delivered', id: key.id, delivered: [...earlier, ...delivered] }),
  );
  const delivered = await resumeDelivery(operation, { key, secret }, allSinks, (one) =>
    services.maskInLog(one),
  );
  const retirement = await complete(recovery);
  await services.tell({ type: 'delivered', delivered });
  if (destination.printsSecret) return undefined;
  return { outcome: 'delivered', ...retirement, id: key.id, delivered: [...earlier, ...delivered] };
}

/** An API that may not know a new key yet is asked again before its refusal counts. */
async function verifyOfRotation(recovery: Recovery, { secret }: Deliverable): Promise<void> {
  const { replaces } = recovery.operation.plan;
  const { backend } = recovery.issuer;
  if (!replaces || !backend) return;
  const isEarly = !isVisible(recovery);
  await verifyNewKey(backend, replaces, secret).catch(async (error: unknown) => {
    const isRefused = error instanceof KeysError && error.failure.code === 'new_key_refused';
    if (!isRefused || !isEarly) throw error;
    await waitUntilVisible(recovery);
    await verifyNewKey(backend, replaces, secret);
  });
}

/**
 * A key that a list does not show may be gone, or the list may be short: if the API can verify keys, the secret itself
 * tells. A secret in escrow is not given up because of a list.
 */
async function doubtAbout(
  recovery: Recovery,
  { key: { id, name }, secret }: Deliverable,
): Promise<Conclusion | undefined> {
  const { services, choice, issuer, operation, open } = recovery;
  if (choice.to.length > 0) return undefined;
  if (id === unidentified) {
    return {
      outcome: 'open',
      reason: `the API lists no new key named ${name}, but does not refuse its secret, which is in escrow: keys recover ${open.header.id} --to ... delivers it, --revoke gives it up`,
    };
  }
  const { backend } = issuer;
  const verify = async () => (backend?.capabilities.verify ? backend.verify(secret) : undefined);
  const first = await verify();
  // An API that does not list a new key yet may not know its secret yet either.
  const isEarly = first && isRefusal(first) && (await waitUntilVisible(recovery));
  const verdict = isEarly ? await verify() : first;
  if (verdict?.valid) return undefined;
  if (verdict && isRefusal(verdict) && isVisible(recovery)) {
    services.startMutation();
    await operation.end();
    return { outcome: 'ended', id, reason: `the API does not list the key ${id}, and refuses its secret` };
  }
  return {
    outcome: 'open',
    id,
    reason: `the API does not list the key ${id}; its secret is in escrow: keys recover ${open.header.id} --to ... delivers it, --revoke ends it`,
  };
}

/** The secret was to be printed for a reader who is gone, and cannot be printed here. */
async function withoutStdout(
  recovery: Recovery,
  { key, places }: { key: Key; places: readonly string[] },
): Promise<Conclusion | undefined> {
  const { services, open, choice } = recovery;
  const holders = describe(open).delivered.filter(({ verified }) => verified);
  if (places.length === 0 && holders.length > 0) {
    services.startMutation();
    return {
      outcome: 'delivered',
      reason: 'it was to be printed too, and can be read where it was delivered',
      ...(await complete(recovery)),
      id: key.id,
    };
  }
  // A rotation that revoked the old key first would be left without any key.
  if (choice.assumeYes && !goesForward(recovery)) return revokeCreated(recovery, key);
  return {
    outcome: 'open',
    id: key.id,
    reason: `its secret was to be printed: keys recover ${open.header.id} --to env:.env#API_KEY, or --secret-only, or --revoke`,
  };
}

/** A person chooses at a prompt; elsewhere, and with --yes, the secret is delivered as planned. */
async function chooseDelivery(
  { services, choice, issuer, mayAsk, open }: Recovery,
  { key, from }: Deliverable,
  plannedSinks: readonly string[],
): Promise<'deliver' | 'revoke' | 'leave' | { to: string[] }> {
  if (!mayAsk || choice.to.length > 0 || choice.secretOnly) return 'deliver';
  const { setting } = open.header;
  return services.prompts.chooseDelivery({
    ...{ key, setting, noun: issuer.subject.noun, from },
    sinks: plannedSinks,
  });
}
