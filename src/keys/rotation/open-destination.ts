import { KeysError, usageError } from '../../base/errors.ts';
import type { Destination } from '../destination.ts';
import type { RotationRecord } from './record.ts';
import type { RotationJob, RotationServices } from './services.ts';

/** Several secrets cannot be printed (2). */
export async function openDestination(
  services: RotationServices,
  { policy, isOne }: Pick<RotationJob, 'policy' | 'isOne'>,
): Promise<Destination<RotationRecord>> {
  const destination = await services.openDestination(policy.to);
  if (isOne || !destination.printsSecret) return destination;
  throw usageError(
    'the secrets of several keys cannot be printed; give each key a sink of its own',
    "keys rotate --all --to 'exec:./deliver {name}'",
  );
}

/** A dry run needs no sink, but tells where the real run would be refused. */
export async function tryDestination(
  services: RotationServices,
  job: Pick<RotationJob, 'policy' | 'isOne'>,
): Promise<void> {
  if (!job.policy.dryRun || job.policy.finishOnly) return;
  try {
    await openDestination(services, job);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await services.tell({ type: 'would-be-refused', problem: error.message });
  }
}
