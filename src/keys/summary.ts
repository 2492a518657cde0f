import type { Key } from './key.ts';
import { isActive } from './key.ts';

/** What an account amounts to: keys by standing, and their use. Amounts in US dollars. */
export interface Summary {
  /** Keys that work, the expiring ones among them. */
  active: number;
  expiring: number;
  expired: number;
  disabled: number;
  revoked: number;
  /** Undefined where no key reports them: unknown is not none. */
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
    active: count(isActive),
    expiring: count((key) => key.status === 'expiring'),
    expired: count((key) => key.status === 'expired'),
    disabled: count((key) => key.status === 'disabled'),
    revoked: count((key) => key.status === 'revoked'),
    requests: sum((key) => key.usage?.requests),
    tokens: sum((key) => key.usage?.tokens),
    // Amounts are whole millionths; rounding takes away what adding up binary fractions leaves.
    spentUsd: spent === undefined ? undefined : Math.round(spent * 1e6) / 1e6,
  };
}
