import { InvalidValue } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Duration } from '../../base/time.ts';
import type { KeyField } from '../key.ts';
import type { AuditPolicy } from '../plan/desired-key.ts';

/** What `--require` can ask for, and the field of a key that has it. */
export const requirable = {
  expiry: 'expiresAt',
  budget: 'budgetUsd',
  'rate-limit': 'rateLimitRpm',
  description: 'description',
  permissions: 'permissions',
  models: 'models',
  labels: 'labels',
} as const satisfies Record<string, KeyField>;

export type Requirable = keyof typeof requirable;

/** A policy with a value for everything that has a default. */
export interface Policy {
  /** Undefined: keys may be of any age. */
  maxAge: Duration | undefined;
  expiring: Duration;
  unused: Duration;
  /** A key that was never used is a finding once it is this old. */
  neverUsed: Duration;
  require: readonly Requirable[];
  forbidPermission: readonly string[];
}

const days = (count: number): Duration => ({ months: 0, milliseconds: count * 86_400_000 });

/** What holds if neither a flag nor a file says otherwise. */
export const defaults = { expiring: days(30), unused: days(90), neverUsed: days(30) } as const;

/** What a source says; undefined: nothing. */
export type StatedPolicy = { [Field in keyof AuditPolicy]?: AuditPolicy[Field] | undefined };

/** The first of the sources that says something of a field decides it. Throws `InvalidValue` for an unknown requirement. */
export function policyFrom(...sources: readonly StatedPolicy[]): Policy {
  const first = <Field extends keyof AuditPolicy>(field: Field): AuditPolicy[Field] | undefined =>
    sources.find((source) => source[field] !== undefined)?.[field];
  const unused = first('unused');
  return {
    maxAge: first('maxAge'),
    expiring: first('expiring') ?? defaults.expiring,
    unused: unused ?? defaults.unused,
    neverUsed: unused ?? defaults.neverUsed,
    require: (first('require') ?? []).map(requirableNamed),
    forbidPermission: first('forbidPermission') ?? [],
  };
}

/** Throws `InvalidValue`. */
export function requirableNamed(word: string): Requirable {
  if (Object.hasOwn(requirable, word)) return word as Requirable;
  const words = Object.keys(requirable);
  throw new InvalidValue(`'${word}' is not one of ${words.join(', ')}${didYouMean(word, words)}`);
}
