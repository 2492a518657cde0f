import type { Key } from '../key.ts';
import { unidentified } from '../key.ts';
import type { Fleet, FleetSelection } from './fleet.ts';
import type { RotationPolicy } from './policy.ts';
import type { RotationServices } from './services.ts';

interface ContinuedFleet {
  /** The keys that are not done yet. */
  remaining: readonly Key[];
  note(newId: string): void;
  close: Fleet['close'];
}

/** Leaves out the keys that an earlier command of the same run has rotated. */
export async function continueFleet(
  services: Pick<RotationServices, 'openFleet' | 'tell'>,
  targets: readonly Key[],
  policy: RotationPolicy,
): Promise<ContinuedFleet> {
  const { startedAt, doneIds, ...fleet } = await services.openFleet(selectionOf(policy));
  const remaining = targets.filter(({ id }) => !doneIds.has(id));
  const done = targets.length - remaining.length;
  if (done > 0) await services.tell({ type: 'fleet-continued', startedAt, done, count: targets.length });
  return {
    remaining,
    note: (newId) => {
      if (newId !== unidentified) fleet.note(newId);
    },
    close: (options) => fleet.close(options),
  };
}

/** What says nothing of how a finished key came out, such as `--allow-loss`, may differ. */
function selectionOf({ to, grace, whenIdle, verify, expires }: RotationPolicy): FleetSelection {
  const terms = JSON.stringify([to, grace ?? null, whenIdle ?? null, verify]);
  return { terms, expires: expires instanceof Date ? expires.getTime() : expires };
}
