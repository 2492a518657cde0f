import type { Context } from '../../app/context.ts';
import type { OperationIssuer } from '../../app/open-journal.ts';
import type { RecoverInput } from '../../commands/key/recover.ts';
import type { Outcome } from '../../output/views/operations.ts';
import type { Key } from '../key.ts';
import type { Sink } from '../ports.ts';
import { restoreExpiry, retire } from '../rotation/retirement.ts';
import type { OpenOperation } from './open-operation.ts';
import type { Operation } from './operation.ts';

/** One operation that is being recovered, and all that it takes. */
export interface Recovery {
  context: Context;
  open: OpenOperation;
  operation: Operation;
  maker: OperationIssuer;
  input: RecoverInput;
  /** Its sinks, as far as they can be opened. */
  places: readonly Sink[];
  /** It was named, or is the only one: what is asked for is about this one. */
  isOne: boolean;
  /** The command that recovers rotates the key of this name. */
  rotates: boolean;
  /** The grace that the command asks for, in milliseconds, where that is another one than the operation's. */
  grace?: number | undefined;
  /** Somebody is there to be asked, and no other work of this command runs meanwhile. */
  mayAsk: boolean;
}

export type End = Partial<Outcome> & Pick<Outcome, 'outcome'>;

/**
 * Brings an operation to its end whose secret has arrived: that of a rotation has an old key to retire. Throws
 * `KeysError` (5) where that goes on working.
 */
export async function completed({ context, operation, maker, grace }: Recovery): Promise<Partial<Outcome>> {
  if (!operation.plan.replaces || !maker.backend) {
    await operation.end();
    return {};
  }
  const { oldRevoked, oldRevokeAt } = await retire(maker.backend, operation, context.now, { grace });
  const { id } = operation.plan.replaces;
  const end = oldRevokeAt === null ? 'nobody uses it any more' : oldRevokeAt;
  return { reason: oldRevoked ? `the old key ${id} is retired` : `the old key ${id} works until ${end}` };
}

/** Revokes what an operation made, and ends it. */
export async function revoke({ context, operation, maker }: Recovery, { id }: Pick<Key, 'id'>): Promise<End> {
  context.startMutation();
  await maker.issuer.revoke(id);
  const { replaces } = operation.plan;
  const reason = replaces && maker.backend && (await restoreExpiry(maker.backend, replaces));
  await operation.end();
  await context.note(`revoked the ${maker.subject.noun} ${id}`);
  return { outcome: 'revoked', id, ...(reason && { reason }) };
}
