import { KeysError } from '../errors.ts';
import type { Delivered, Delivery, Sink } from './ports.ts';

/** Hands a secret to a sink and reads it back, where that can be done. Throws `KeysError`. */
export async function deliverTo(sink: Sink, delivery: Delivery): Promise<Delivered> {
  await sink.deliver(delivery);
  const isThere = await sink.readBack?.(delivery.secret);
  if (isThere !== false) return { sink: sink.name, verified: isThere === true };
  throw new KeysError({
    exit: 'failed',
    code: 'read_back_failed',
    message: `what ${sink.name} holds is not the secret that was delivered`,
  });
}
