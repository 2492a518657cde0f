import { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { Sink } from '../ports.ts';

export interface ValuePlaces {
  /** Whether a value is that of the key; undefined: the API does not show enough to tell. */
  isValueOf: (value: Secret) => Promise<boolean | undefined>;
  /** The folder of the sink is gone with its file, as on a fresh runner. */
  isWithoutFolder: (sink: Sink) => boolean;
  onUnknown: (sink: Sink) => Promise<void>;
}

/**
 * Throws `KeysError` (5) if a sink holds nothing, or certainly another value, while the key exists: its value cannot be
 * read again. A sink that does not tell is reported to `onUnknown`.
 */
export async function requireValueInPlaces(
  key: Key,
  places: readonly Sink[],
  ports: ValuePlaces,
): Promise<void> {
  const missing: string[] = [];
  for (const place of places) {
    const holdsValue = await holds(place, ports);
    if (holdsValue === false) missing.push(place.name);
    if (holdsValue === undefined) await ports.onUnknown(place);
  }
  if (missing.length === 0) return;
  const { id, name } = key;
  const sinks = places.map((place) => `--to ${shellWord(place.name)}`).join(' ');
  const verb = missing.length === 1 ? 'does' : 'do';
  throw new KeysError({
    code: 'value_not_in_place',
    message: `a key named ${name} already works (${id}), but ${missing.join(' and ')} ${verb} not hold its value, which is shown only once; nothing was created`,
    hints: [`deliver a new value: keys rotate ${shellWord(name)} ${sinks}`],
  });
}

async function holds(place: Sink, { isValueOf, isWithoutFolder }: ValuePlaces): Promise<boolean | undefined> {
  const value = await place.read?.();
  if (value === undefined) return isWithoutFolder(place) ? false : undefined;
  return value === null ? false : isValueOf(value);
}
