import type { Status } from '../keys/key.ts';
import { statusOf } from '../keys/key.ts';
import type { KeyFields, StatusRule } from '../providers/declaration/key-fields.ts';
import { timeAt } from './declared-value.ts';
import type { Part } from './select.ts';
import { valueIn, WrongShape } from './select.ts';

const noRules: readonly StatusRule[] = [];

/**
 * The status of a key, by the first rule that says anything but active; without one, by its expiry. A word that no rule
 * knows, or a time that cannot be read, makes it unknown.
 */
export function readStatus(
  from: Part,
  { status: rules = noRules }: KeyFields,
  expiresAt: string | null,
  now: Date,
): Status {
  let isUnknown = false;
  for (const rule of rules) {
    const status = statusBy(rule, from, now);
    if (status === undefined) continue;
    if (status === 'unknown') isUnknown = true;
    else if (status !== 'active') return status;
    // A rule by words that says active has settled what the words before it left open.
    else if ('words' in rule) isUnknown = false;
  }
  if (isUnknown) return 'unknown';
  const expires = expiresAt === null ? null : Date.parse(expiresAt);
  return statusOf({ revoked: false, disabled: false, expiresAt: expires }, now.getTime());
}

/** Undefined if the response has nothing that the rule is about. */
function statusBy(
  rule: StatusRule,
  from: Part,
  now: Date,
): 'active' | 'expired' | 'revoked' | 'disabled' | 'unknown' | undefined {
  const value = valueIn(from, rule.at);
  if (value === undefined) return undefined;
  if ('words' in rule) {
    const word = String(value);
    return Object.hasOwn(rule.words, word) ? rule.words[word] : 'unknown';
  }
  if (value === null || value === false || value === '') return 'active';
  if (rule.when === 'present') return rule.means;
  try {
    const time = timeAt(from, { at: rule.at, ...(rule.as && { as: rule.as }) });
    return Date.parse(time ?? '') <= now.getTime() ? rule.means : 'active';
  } catch (error) {
    if (error instanceof WrongShape) return 'unknown';
    throw error;
  }
}
