import type { Key } from '../key.ts';
import { isWaiting } from '../operations/operation.ts';
import { graceMs } from '../rotation/policy.ts';
import type { Superseded } from '../rotation/succession.ts';
import { supersededOf } from '../rotation/succession.ts';
import type { Action } from './action.ts';
import type { DesiredKey } from './desired-key.ts';
import type { Observation, PlanWorld } from './world.ts';

/** The older keys of a name that a rotation by the same rules would retire now, or cannot for want of evidence. */
export function retirementsOf(
  desired: DesiredKey,
  world: PlanWorld,
  { current, arrival, idleIds, places }: Observation,
): Action[] {
  const isLacking = places.some(({ holds }) => holds === false);
  return candidatesOf(desired, world).flatMap((candidate): Action[] => {
    const { key } = candidate;
    const base = { name: desired.name, profile: world.profile, keyId: key.id };
    const retirement = judge(desired, world, candidate, idleIds);
    if (retirement === 'not-yet') return [];
    // The current key has not arrived, which is said of that.
    if (isLacking && arrival === undefined) return [];
    if (retirement === 'unknown')
      return [
        {
          ...base,
          action: 'refused',
          reason: 'the API does not report since when a newer key has existed',
          isPending: true,
        },
      ];
    if (retirement === 'journalled' || arrival !== undefined) {
      const over = desired.rotate?.whenIdle ? 'it is idle' : 'its grace period is over';
      return [{ ...base, action: 'revoke', reason: `superseded by ${current?.id}, and ${over}` }];
    }
    return [
      {
        ...base,
        action: 'refused',
        reason: `superseded, but nothing shows that the new key ${current?.id} is in use; once you are sure: keys revoke ${key.id}`,
        isPending: true,
      },
    ];
  });
}

/** The superseded keys that end by no expiry. */
export function candidatesOf(
  { name, rotate }: Pick<DesiredKey, 'name' | 'rotate'>,
  { keys, now }: Pick<PlanWorld, 'keys' | 'now'>,
): Superseded[] {
  const superseded = supersededOf(keys, name, graceMs({ grace: rotate?.grace }, now));
  return superseded.filter(({ ends }) => !ends || rotate?.whenIdle !== undefined);
}

type Judgement = 'not-yet' | 'unknown' | 'over' | 'journalled';

function judge(
  { rotate }: DesiredKey,
  { open, now }: PlanWorld,
  { key, due }: Superseded,
  idleIds: ReadonlySet<string>,
): Judgement {
  const waiting = waitingFor(open, key);
  if (rotate?.whenIdle) {
    if (!idleIds.has(key.id)) return 'not-yet';
    return waiting ? 'journalled' : 'over';
  }
  if (waiting) return isWaiting(waiting, now) ? 'not-yet' : 'journalled';
  if (due === null) return 'unknown';
  return due <= now.getTime() ? 'over' : 'not-yet';
}

/** The rotation that waits for the end of a key. */
function waitingFor(open: PlanWorld['open'], { id }: Key) {
  return open.find((operation) => operation.header.plan.replaces?.id === id && isWaiting(operation));
}
