import type { Key } from '../../keys/key.ts';
import type { Terminal } from '../style.ts';

/* Shares between 0 and 1 that are drawn of a key. */

/** What is spent of a budget; all of a budget of nothing. */
export function spentShare(budgetUsd: number, spentUsd: number): number {
  return budgetUsd > 0 ? Math.max(0, Math.min(1, spentUsd / budgetUsd)) : 1;
}

/** Green, yellow from 80%, red when spent. */
export function budgetPaint(share: number, { style }: Terminal): (text: string) => string {
  return share >= 1 ? style.red : share >= 0.8 ? style.yellow : style.green;
}

/** What is left of the time from its creation to its expiry; undefined for a key that has ended or does not expire. */
export function shareOfLife(key: Partial<Key>, now: Date): number | undefined {
  if (!key.createdAt || !key.expiresAt || key.status === 'revoked' || key.status === 'expired')
    return undefined;
  const [start, end] = [Date.parse(key.createdAt), Date.parse(key.expiresAt)];
  const share = (end - now.getTime()) / (end - start);
  return end > start && share > 0 ? Math.min(1, share) : undefined;
}
