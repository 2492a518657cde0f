import { permissions } from '../../authority/capabilities.ts';
import type { Ceiling } from '../../authority/ceiling.ts';
import { InvalidValue } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Input } from '../../cli/define.ts';
import { value } from '../../cli/define.ts';
import { readCountOrNone, readDollarsOrNone, readList, readListOrAll } from '../../cli/read.ts';

/** Limits on what a user may give a key. */
export const ceilingFlags = {
  maxBudget: value(
    '--max-budget <usd>',
    "budget limit for each of the user's keys, or none",
    readDollarsOrNone,
  ),
  maxRateLimit: value(
    '--max-rate-limit <rpm>',
    "rate limit for each of the user's keys, or none",
    readCountOrNone,
  ),
  maxModels: value('--max-models <list>', "models that the user's keys may call, or all", readListOrAll),
  maxPermissions: value(
    '--max-permissions <list>',
    `permissions that the user may grant: ${permissions.join(', ')} (default all but admin)`,
    readPermissions,
  ),
  maxKeys: value('--max-keys <number>', 'how many active keys the user can have, or none', readCountOrNone),
};

export function ceilingIn(input: Input<typeof ceilingFlags>): Partial<Ceiling> {
  const { maxBudget, maxRateLimit, maxModels, maxPermissions, maxKeys } = input;
  return {
    ...(maxBudget !== undefined && { budgetUsd: maxBudget }),
    ...(maxRateLimit !== undefined && { rateLimitRpm: maxRateLimit }),
    ...(maxModels && { models: maxModels }),
    ...(maxPermissions && { permissions: maxPermissions }),
    ...(maxKeys !== undefined && { maxKeys }),
  };
}

/** Throws `InvalidValue`. */
function readPermissions(text: string): string[] {
  const list = readList(text);
  const unknown = list.find((name) => !permissions.some((permission) => permission === name));
  if (unknown === undefined && list.length > 0) return list;
  throw new InvalidValue(
    `'${unknown ?? text}' is not one of ${permissions.join(', ')}${didYouMean(unknown ?? text, permissions)}`,
  );
}
