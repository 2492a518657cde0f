import { usageError } from '../../base/errors.ts';
import { SpanEnd } from '../../base/time.ts';
import type { Key, KeyInput } from '../key.ts';
import { kept, unread } from '../key.ts';
import type { Capabilities, KeySpec } from '../ports.ts';

/** What a key that takes the place of another one is asked to be. */
export interface Successor {
  spec: KeySpec;
  /** What the old key has and the new one will not have, or what nobody can tell of the old one. */
  lost: readonly string[];
}

/** A key of which nothing was said. */
const unsaid: Omit<KeySpec, 'name' | 'expiresAt' | 'kept'> = {
  description: null,
  permissions: [],
  rateLimitRpm: null,
  budgetUsd: null,
  models: [],
  labels: {},
};
const traits = Object.keys(unsaid) as (keyof typeof unsaid)[];

/**
 * A key like the old one, for the same span of time or until `expires`. What the API does not report of a key, or does
 * not take when one is made, cannot be carried over. Throws `KeysError` (2) where a key cannot be made without an end,
 * and the span of the old one is not known.
 */
export function successorOf(
  old: Key,
  { createFields, reports, expiryRequired, expiryResolution = 1, alike = [] }: Capabilities,
  { expires, now }: { expires: Date | null | undefined; now: Date },
): Successor {
  const span = spanOf(old, expiryResolution);
  const isTaken = (input: KeyInput) => createFields.includes(input);
  const lasting =
    span === null || !isTaken('expiresAt') ? null : new SpanEnd(now, { months: 0, milliseconds: span });
  const expiresAt = expires === undefined ? lasting : expires;
  if (expiryRequired && !expiresAt) {
    throw usageError(`it is not known for how long the key ${old.id} was made: add --expires`);
  }
  const carried = traits.filter((trait) => isTaken(trait) && old[trait] !== undefined);
  const cannot = (trait: (typeof traits)[number]) => {
    if (alike.includes(trait)) return false;
    return isTaken(trait) ? !reports.includes(trait) : isSaid(old[trait]);
  };
  // Not known: a name is the identity of a key, and an end that was asked for takes the place of the old one.
  const unknown = (old[unread] ?? []).filter((field) => !(field === 'expiresAt' && expires !== undefined));
  return {
    spec: {
      ...unsaid,
      ...Object.fromEntries(carried.map((trait) => [trait, old[trait]])),
      name: old.name,
      expiresAt,
      ...(old[kept] && { kept: old[kept] }),
    },
    lost: [
      ...new Set([
        ...traits.filter(cannot),
        ...(old.expiresAt && expiresAt === null && expires === undefined ? ['expiresAt'] : []),
        ...unknown.filter((field) => !uncarried.has(field)),
      ]),
    ],
  };
}

/** Fields that no key takes over from another one, whether they can be read or not. */
const uncarried = new Set<string>(['prefix', 'createdAt', 'lastUsedAt', 'lastUsedIp', 'spentUsd', 'usage']);

const day = 86_400_000;

/**
 * Milliseconds that a key was made for; null: for ever, or it is not known. Where the API keeps days, it is a number of
 * them: of two moments that are cut to days, each rotation would lose one. So it is with seconds, where the span lies
 * next to a whole number of days or minutes.
 */
export function spanOf({ createdAt, expiresAt }: Key, resolution = 1): number | null {
  if (!createdAt || !expiresAt) return null;
  const [from, to] = [Date.parse(createdAt), Date.parse(expiresAt)];
  if (resolution >= day) return Math.max(1, Math.floor(to / day) - Math.floor(from / day)) * day;
  return snapped(to - from);
}

/** A span of which a second or two were lost between two clocks, or to rounding, as it was meant. */
function snapped(span: number): number {
  for (const unit of [day, 3_600_000, 60_000]) {
    const whole = Math.round(span / unit) * unit;
    if (whole > 0 && Math.abs(span - whole) <= 2000) return whole;
  }
  return span;
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
