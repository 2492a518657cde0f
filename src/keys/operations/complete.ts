import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../key.ts';
import { restoreExpiry, retire } from '../rotation/retirement.ts';
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
  return { reason: oldRevoked ? `the old key ${id} is retired` : worksUntil(id, oldRevokeAt) };
}

/** `until`: RFC 3339; null: until the key is idle. */
export function worksUntil(id: string, until: string | null): string {
  return `the old key ${id} works until ${until === null ? 'it is no longer used' : absoluteTime(until)}`;
}

/** Revokes what an operation created, and ends it. */
export async function revokeCreated(
  { services, operation, issuer }: Recovery,
  { id }: Pick<Key, 'id'>,
): Promise<Conclusion> {
  services.startMutation();
  await issuer.issuer.revoke(id);
  const { replaces } = operation.plan;
  const reason = replaces && issuer.backend && (await restoreExpiry(issuer.backend, replaces));
  await operation.end();
  await services.tell({ type: 'created-revoked', noun: issuer.subject.noun, id });
  return { outcome: 'revoked', id, ...(reason && { reason }) };
}
