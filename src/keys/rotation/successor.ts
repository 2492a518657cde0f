import { usageError } from '../../base/errors.ts';
import { SpanEnd } from '../../base/time.ts';
import type { Key, KeyInput } from '../key.ts';
import { kept, unread } from '../key.ts';
import type { Capabilities, KeySpec } from '../ports.ts';

/** The key that replaces another one. */
export interface Successor {
  spec: KeySpec;
  /** The fields that the old key has and the new one cannot have, or that are not known of the old one. */
  lost: readonly string[];
}

/** What the new key has in place of what the old one has. */
export type NewFields = Partial<Omit<KeySpec, 'name' | 'expiresAt' | 'kept'>>;

/** A key without any settings. */
const blankSpec: Omit<KeySpec, 'name' | 'expiresAt' | 'kept'> = {
  description: null,
  permissions: [],
  rateLimitRpm: null,
  budgetUsd: null,
  models: [],
  labels: {},
};
const traits = Object.keys(blankSpec) as (keyof typeof blankSpec)[];

/**
 * A key like the old one but for `fields`, for the same span of time or until `expires`. What the API does not report, or does not accept
 * for a new key, cannot be carried over. Throws `KeysError` (2) if a key needs an expiry and the span of the old one is not
 * known.
 */
export function successorOf(
  old: Key,
  { createFields, reports, expiryRequired, expiryResolution = 1, alike = [] }: Capabilities,
  { expires, fields = {}, now }: { expires: Date | null | undefined; fields?: NewFields; now: Date },
): Successor {
  const span = spanOf(old, expiryResolution);
  const isTaken = (input: KeyInput) => createFields.includes(input);
  const lasting =
    span === null || !isTaken('expiresAt') ? null : new SpanEnd(now, { months: 0, milliseconds: span });
  const expiresAt = expires === undefined ? lasting : expires;
  if (expiryRequired && !expiresAt) {
    throw usageError(`the lifetime of the key ${old.id} is unknown; pass --expires`);
  }
  const carriedTraits = traits.filter((trait) => isTaken(trait) && old[trait] !== undefined);
  const isGiven = (field: string) => (fields as Record<string, unknown>)[field] !== undefined;
  const cannot = (trait: (typeof traits)[number]) => {
    if (isGiven(trait) || alike.includes(trait)) return false;
    return isTaken(trait) ? !reports.includes(trait) : isSet(old[trait]);
  };
  // A requested expiry replaces the old one, so that one need not be known.
  const unknown = (old[unread] ?? []).filter((field) => !(field === 'expiresAt' && expires !== undefined));
  return {
    spec: {
      ...blankSpec,
      ...Object.fromEntries(carriedTraits.map((trait) => [trait, old[trait]])),
      ...fields,
      name: old.name,
      expiresAt,
      ...(old[kept] && { kept: old[kept] }),
    },
    lost: [
      ...new Set([
        ...traits.filter(cannot),
        ...(old.expiresAt && expiresAt === null && expires === undefined ? ['expiresAt'] : []),
        ...unknown.filter((field) => !neverCarried.has(field) && !isGiven(field)),
      ]),
    ],
  };
}

/** Fields that no key takes over from another one. */
const neverCarried = new Set<string>([
  'prefix',
  'createdAt',
  'lastUsedAt',
  'lastUsedIp',
  'spentUsd',
  'usage',
]);

const dayMs = 86_400_000;

/**
 * The span of a key in ms; null: forever, or not known. If the API keeps whole days, it is a number of days: two moments
 * that are cut to days would lose one with each rotation. So it is if the key ends at midnight (UTC) and did not begin
 * then: some APIs cut an end to its day and write it as a moment. Likewise a span close to a whole number of days, hours
 * or minutes is taken as that.
 */
export function spanOf({ createdAt, expiresAt }: Key, resolution = 1): number | null {
  if (!createdAt || !expiresAt) return null;
  const [from, to] = [Date.parse(createdAt), Date.parse(expiresAt)];
  if (resolution >= dayMs || (to % dayMs === 0 && from % dayMs !== 0))
    return Math.max(1, Math.floor(to / dayMs) - Math.floor(from / dayMs)) * dayMs;
  return snapped(to - from);
}

/** The units of a span, and how far it may be off: two clocks differ, and each rotation would lose as much again. */
const units = [
  { unitMs: dayMs, toleranceMs: 5 * 60_000 },
  { unitMs: 3_600_000, toleranceMs: 60_000 },
  { unitMs: 60_000, toleranceMs: 2000 },
];

/** The intended span. */
function snapped(span: number): number {
  for (const { unitMs, toleranceMs } of units) {
    const whole = Math.round(span / unitMs) * unitMs;
    if (whole > 0 && Math.abs(span - whole) <= toleranceMs) return whole;
  }
  return span;
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
