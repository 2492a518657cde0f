import type { Key } from '../key.ts';
import type { Replaced } from './operation.ts';

/** What became of a key whose own API was told to put a new secret in the place of the old one. */
export type InPlaceOutcome = 'replaced' | 'untouched' | 'unknown';

/** Characters that an API has to show of a value, so that the same ones mean the same value. */
const telling = 8;

/**
 * Whether the secret of a key was replaced by a call whose answer never came, by what the API shows of the value before
 * and after. A part that every value has, such as `sk_`, tells nothing.
 */
export function inPlaceOutcomeOf(keys: readonly Key[], { id, shown = {} }: Replaced): InPlaceOutcome {
  const key = keys.find((one) => one.id === id);
  if (!key) return 'unknown';
  const { prefix, createdAt } = shown;
  if (prefix !== undefined && key.prefix !== undefined && prefix !== key.prefix) return 'replaced';
  if (createdAt !== undefined && key.createdAt !== undefined && createdAt !== key.createdAt)
    return 'replaced';
  const characters = (prefix ?? '').replace(/[.*•●…]/gu, '').length;
  return prefix !== undefined && prefix === key.prefix && characters >= telling ? 'untouched' : 'unknown';
}
