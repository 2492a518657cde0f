import type { Duration } from '../../base/time.ts';
import { after } from '../../base/time.ts';
import type { NewFields } from './successor.ts';

/** How keys are rotated, whatever asked for it. */
export interface RotationPolicy {
  /** How long the old key keeps working; undefined: the default, or as the operation planned it. */
  grace: Duration | undefined;
  /** When the new key expires; null: never; undefined: after the same span as the old one. */
  expires: Date | null | undefined;
  /** What the new key has in place of what the old one has; absent: nothing. */
  fields?: NewFields;
  /** Rotate a key only if it expires within this span. */
  due: Duration | undefined;
  /** Rotate a key only if it is at least this old. */
  olderThan: Duration | undefined;
  /** Retire an old key when it has not been used for this long, not by the clock. */
  whenIdle: Duration | undefined;
  /** Create no key: only retire old keys whose time has come. */
  finishOnly: boolean;
  /** Verify the new key before it is delivered, where the API can. */
  verify: boolean;
  /** Rotate even if the new key cannot take over everything that the old one has. */
  allowLoss: boolean;
  /** Rotate even if the old key stops working before the new one is delivered. */
  allowDowntime: boolean;
  dryRun: boolean;
  /** Where the secret goes, as the user wrote it; empty: stdout. */
  to: readonly string[];
  /** Agree to every revocation that is safe. */
  assumeYes: boolean;
}

const defaultGrace: Duration = { months: 0, milliseconds: 7 * 86_400_000 };

/** A grace period that begins now, in ms. */
export function graceMs({ grace = defaultGrace }: Pick<RotationPolicy, 'grace'>, now: Date): number {
  return after(now, grace).getTime() - now.getTime();
}

export function isNone({ months, milliseconds }: Duration): boolean {
  return months === 0 && milliseconds === 0;
}
