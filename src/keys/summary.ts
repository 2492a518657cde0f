import type { Key } from './key.ts';
import { isActive } from './key.ts';

/** The keys of an account by status, and their usage. Amounts in US dollars. */
export interface Summary {
  all: number;
  /** Active keys, including the expiring ones. */
  active: number;
  expiring: number;
  expired: number;
  disabled: number;
  revoked: number;
  /** Undefined if no key reports them, or they were not added up: unknown is not zero. */
  requests: number | undefined;
  tokens: number | undefined;
  spentUsd: number | undefined;
}

export function summarise(keys: readonly Key[]): Summary {
  const count = (test: (key: Key) => boolean) => keys.filter(test).length;
  const sum = (amount: (key: Key) => number | undefined) => {
    const amounts = keys.map(amount).filter((one) => one !== undefined);
    return keys.length > 0 && amounts.length === 0
      ? undefined
      : amounts.reduce((total, one) => total + one, 0);
  };
  const spent = sum((key) => key.spentUsd);
  return {
    all: keys.length,
    active: count(isActive),
    expiring: count((key) => key.status === 'expiring'),
    expired: count((key) => key.status === 'expired'),
    disabled: count((key) => key.status === 'disabled'),
    revoked: count((key) => key.status === 'revoked'),
    requests: sum((key) => key.usage?.requests),
    tokens: sum((key) => key.usage?.tokens),
    // Amounts are whole millionths; rounding removes the error of adding binary fractions.
    spentUsd: spent === undefined ? undefined : Math.round(spent * 1e6) / 1e6,
  };
}
