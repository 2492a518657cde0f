import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Delivered, Delivery, Sink } from '../ports.ts';

/** Hands a secret to a sink and reads it back, where that can be done. Throws `KeysError`. */
export async function deliverTo(sink: Sink, delivery: Delivery): Promise<Delivered> {
  await sink.deliver(delivery);
  const isThere = await holds(sink, delivery.secret);
  if (isThere !== false) return { sink: sink.name, verified: isThere === true };
  throw new KeysError({
    code: 'read_back_failed',
    message: `what ${sink.name} holds is not the secret that was delivered`,
  });
}

/** Whether a place holds the secret now; undefined where it cannot be read. */
export async function holds(sink: Sink, secret: Secret): Promise<boolean | undefined> {
  const found = await sink.read?.();
  if (found === undefined) return undefined;
  return found?.equals(secret) ?? false;
}
