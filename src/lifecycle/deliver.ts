import { KeysError } from '../errors.ts';
import type { Delivered, Delivery, Sink } from './ports.ts';

/** Hands a secret to a sink and reads it back, where that can be done. Throws `KeysError`. */
export async function deliverTo(sink: Sink, delivery: Delivery): Promise<Delivered> {
  await sink.deliver(delivery);
  if (!sink.readBack) return { sink: sink.name, verified: false };
  if (await sink.readBack(delivery.secret)) return { sink: sink.name, verified: true };
  throw new KeysError({
    exit: 'failed',
    code: 'read_back_failed',
    message: `what ${sink.name} holds is not the secret that was delivered`,
  });
}
