import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { restoreExpiry, retire } from '../rotation/retirement.ts';
import { creationIn } from './operation.ts';
import type { Conclusion, Outcome } from './outcome.ts';
import type { Recovery } from './recovery.ts';

/**
 * Ends an operation whose secret has arrived, and retires the old key of a rotation. Throws `KeysError` (5) if the old
 * key keeps working although it should not.
 */
export async function complete({ services, operation, issuer, grace }: Recovery): Promise<Partial<Outcome>> {
  if (!operation.plan.replaces || !issuer.backend) {
    await operation.end();
    return {};
  }
  const { oldRevoked, oldRevokeAt } = await retire(issuer.backend, operation, services.now, { grace });
  const { id } = operation.plan.replaces;
  if (!oldRevoked) return { reason: worksUntil(id, oldRevokeAt) };
  const isSameKey = creationIn(operation.steps)?.id === id;
  return {
    reason: isSameKey ? `the old value of the key ${id} no longer works` : `the old key ${id} is retired`,
  };
}

/** `until`: RFC 3339; null: until the key is idle. */
export function worksUntil(id: string, until: string | null): string {
  return `the old key ${id} works until ${until === null ? 'it is no longer used' : absoluteTime(until)}`;
}

/**
 * Revokes what an operation created, and ends it; if the old key is revoked as well, it stays open for the key that has to
 * follow.
 */
export async function revokeCreated(
  { services, operation, issuer, choice }: Recovery,
  { id }: Pick<Key, 'id'>,
): Promise<Conclusion> {
  services.startMutation();
  await issuer.issuer.revoke(id);
  const { replaces } = operation.plan;
  if (goesForward({ operation, choice })) {
    await operation.note({ step: 'undone', reason: `the key ${id} was revoked` });
    await services.tell({ type: 'created-revoked', noun: issuer.subject.noun, id });
    return { outcome: 'revoked', id };
  }
  const reason = replaces && issuer.backend && (await restoreExpiry(issuer.backend, replaces));
  await operation.end();
  await services.tell({ type: 'created-revoked', noun: issuer.subject.noun, id });
  return { outcome: 'revoked', id, ...(reason && { reason }) };
}

/** Whether the operation creates another key in place of one that is given up. */
export function goesForward({ operation, choice }: Pick<Recovery, 'operation' | 'choice'>): boolean {
  return operation.plan.replaces?.revokedFirst === true && !choice.revoke;
}
