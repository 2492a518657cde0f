import type { Key } from '../key.ts';
import type { Replaced } from './operation.ts';

/** What became of a key whose secret the API was told to replace. */
export type InPlaceOutcome = 'replaced' | 'untouched' | 'unknown';

/** How many characters of a secret an API must show so that equal ones mean an equal secret. */
const minShownLength = 8;

/**
 * Whether a call whose answer was lost replaced the secret of a key, by what the API shows of the secret before and after.
 * A common part, such as `sk_`, tells nothing.
 */
export function inPlaceOutcomeOf(keys: readonly Key[], { id, shown = {} }: Replaced): InPlaceOutcome {
  const key = keys.find((one) => one.id === id);
  if (!key) return 'unknown';
  const { prefix, createdAt } = shown;
  if (prefix !== undefined && key.prefix !== undefined && prefix !== key.prefix) return 'replaced';
  if (createdAt !== undefined && key.createdAt !== undefined && createdAt !== key.createdAt)
    return 'replaced';
  const characters = (prefix ?? '').replace(/[.*•●…]/gu, '').length;
  return prefix !== undefined && prefix === key.prefix && characters >= minShownLength
    ? 'untouched'
    : 'unknown';
}
