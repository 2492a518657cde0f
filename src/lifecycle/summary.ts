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
  requests: number;
  tokens: number;
  spentUsd: number;
}

export function summarise(keys: readonly Key[]): Summary {
  const count = (test: (key: Key) => boolean) => keys.filter(test).length;
  const sum = (amount: (key: Key) => number | undefined) =>
    keys.reduce((total, key) => total + (amount(key) ?? 0), 0);
  return {
    active: count(isActive),
    expiring: count((key) => key.status === 'expiring'),
    expired: count((key) => key.status === 'expired'),
    disabled: count((key) => key.status === 'disabled'),
    revoked: count((key) => key.status === 'revoked'),
    requests: sum((key) => key.usage?.requests),
    tokens: sum((key) => key.usage?.tokens),
    // Amounts are whole millionths; rounding takes away what adding up binary fractions leaves.
    spentUsd: Math.round(sum((key) => key.spentUsd) * 1e6) / 1e6,
  };
}
