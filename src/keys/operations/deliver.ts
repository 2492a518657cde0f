import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Delivered, Delivery, Sink } from '../ports.ts';

/** Delivers a secret to a sink and reads it back, if the sink can be read. Throws `KeysError`. */
export async function deliverTo(sink: Sink, delivery: Delivery): Promise<Delivered> {
  await sink.deliver(delivery);
  const isThere = await holds(sink, delivery.secret);
  if (isThere !== false) return { sink: sink.name, verified: isThere === true };
  throw new KeysError({
    code: 'read_back_failed',
    message: `what ${sink.name} holds is not the secret that was delivered`,
  });
}

/** Whether a sink holds the secret now; undefined if it cannot be read. */
export async function holds(sink: Sink, secret: Secret): Promise<boolean | undefined> {
  const value = await sink.read?.();
  if (value === undefined) return undefined;
  return value?.equals(secret) ?? false;
}
