import type { Aside } from '../../platform/permits.ts';
import type { Operation } from '../operations/operation.ts';
import { attemptIn } from '../operations/operation.ts';
import type { Delivered } from '../ports.ts';

/** What this command has delivered, and how it is written down. */
export interface Arrival {
  aside: Aside;
  delivered: readonly Delivered[];
}

/**
 * What has arrived is on disk before anything is done to the old key. Where it cannot be, the sinks tell `recover` what they
 * hold; if one cannot be read back, this rejects with `KeysError`, so that the old key stays.
 */
export async function settleArrival(operation: Operation, { aside, delivered }: Arrival): Promise<void> {
  const noted = attemptIn(operation.steps).flatMap((one) => (one.step === 'delivered' ? one.sink : []));
  try {
    await aside(async () => {
      for (const one of delivered)
        if (!noted.includes(one.sink)) operation.noteAhead({ step: 'delivered', ...one });
      await operation.settle();
    });
  } catch (error) {
    if (delivered.some(({ verified }) => !verified)) throw error;
  }
}
