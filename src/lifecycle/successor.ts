import { usageError } from '../errors.ts';
import type { Key, KeyInput } from './key.ts';
import type { Capabilities, KeySpec } from './ports.ts';

/** What a key that takes the place of another one is asked to be. */
export interface Successor {
  spec: KeySpec;
  /** What the old key has and the new one will not have, or what nobody can tell of the old one. */
  lost: readonly KeyInput[];
}

/** A key of which nothing was said. */
const unsaid: Omit<KeySpec, 'name' | 'expiresAt'> = {
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
  { createFields, reports, expiryRequired }: Capabilities,
  { expires, now }: { expires: Date | null | undefined; now: Date },
): Successor {
  const span = spanOf(old);
  const isTaken = (input: KeyInput) => createFields.includes(input);
  const lasting = span === null || !isTaken('expiresAt') ? null : inWholeSeconds(now.getTime() + span);
  const expiresAt = expires === undefined ? lasting : expires;
  if (expiryRequired && !expiresAt) {
    throw usageError(`it is not known for how long the key ${old.id} was made: add --expires`);
  }
  const carried = traits.filter((trait) => isTaken(trait) && old[trait] !== undefined);
  return {
    spec: {
      ...unsaid,
      ...Object.fromEntries(carried.map((trait) => [trait, old[trait]])),
      name: old.name,
      expiresAt,
    },
    lost: [
      ...traits.filter((trait) => (isTaken(trait) ? !reports.includes(trait) : isSaid(old[trait]))),
      ...(span !== null && expiresAt === null && expires === undefined ? (['expiresAt'] as const) : []),
    ],
  };
}

function inWholeSeconds(moment: number): Date {
  return new Date(Math.floor(moment / 1000) * 1000);
}

/** Milliseconds that a key was made for; null: for ever, or it is not known. */
export function spanOf({ createdAt, expiresAt }: Key): number | null {
  return createdAt && expiresAt ? Date.parse(expiresAt) - Date.parse(createdAt) : null;
}

function isSaid(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
