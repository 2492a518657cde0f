import type { Difference } from './differences.ts';
import { differences, untold } from './differences.ts';
import type { Key } from './key.ts';
import { unidentified } from './key.ts';
import type { KeyBackend, KeyChanges, KeySpec } from './ports.ts';

/** Where a key is not what was requested, as a record tells it. */
export interface Requested {
  /** RFC 3339; null: never. */
  expiresAtRequested?: string | null;
  /** The other fields as requested, where the API stored something else or does not report them. */
  requested?: Readonly<Record<string, unknown>>;
}

/** The differences between a request and the stored key. A field missing from the answer is looked up once more. */
export async function storedDifferences(
  backend: KeyBackend,
  request: Partial<KeySpec> | KeyChanges,
  key: Key,
  isChange = false,
): Promise<Difference[]> {
  const { capabilities } = backend;
  const first = differences(request, key, capabilities, isChange);
  if (!untold(first, capabilities) || key.id === unidentified) return first;
  // The key exists and its secret is delivered: a server that fails now changes nothing about that.
  const whole = await backend.get(key.id).catch(() => undefined);
  return whole ? differences(request, whole, capabilities, isChange) : first;
}

export function requestedIn(fieldDifferences: readonly Difference[]): Requested {
  const others = fieldDifferences.filter(({ field }) => field !== 'expiresAt');
  const expiry = fieldDifferences.find(({ field }) => field === 'expiresAt');
  return {
    ...(expiry && { expiresAtRequested: expiry.requestedValue as string | null }),
    ...(others.length > 0 && {
      requested: Object.fromEntries(others.map(({ field, requestedValue }) => [field, requestedValue])),
    }),
  };
}
