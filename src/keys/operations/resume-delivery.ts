import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import type { Delivered, Sink } from '../ports.ts';
import { deliverTo, holds } from './deliver.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Operation } from './operation.ts';
import { creationIn } from './operation.ts';

/**
 * Continues a delivery where it stopped: a sink that verifiably holds the secret is left as it is. Throws what a sink
 * throws; the secret then stays in escrow.
 */
export async function resumeDelivery(
  operation: Operation,
  { key, secret }: { key: Key; secret: Secret },
  sinks: readonly Sink[],
  onSecret: (secret: Secret) => Promise<void>,
): Promise<Delivered[]> {
  await onSecret(secret);
  for (const sink of sinks) await sink.check(key);
  // The process may have died before it noted the key of the secret in escrow, which the retirement needs.
  if (!creationIn(operation.steps))
    await operation.note({ step: 'created', id: key.id, fingerprint: fingerprintOf(secret) });
  const delivered: Delivered[] = [];
  for (const sink of sinks) {
    const isThere = await holds(sink, secret);
    if (!isThere) await operation.note({ step: 'delivering', sink: sink.name });
    delivered.push(
      isThere
        ? { sink: sink.name, verified: true }
        : await deliverTo(sink, { secret, key, delivered, operation: operation.id }),
    );
    await operation.note({ step: 'delivered', ...(delivered.at(-1) as Delivered) });
  }
  return delivered;
}
