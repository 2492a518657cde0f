import { absoluteTime, after, before, spanText } from '../../base/time.ts';
import type { Account, KeyRule } from './audit-rule.ts';
import { ending, onKey, rotation } from './fix-command.ts';
import { isInService, labelOf } from './key-label.ts';

/* How long keys live. */

const usualExpiry = '90d';

export const neverExpires: KeyRule = {
  id: 'never-expires',
  severity: 'warning',
  title: 'the key never expires',
  why: 'A key without an end works for everyone who has a copy of it, for good. Give it an expiry, and rotate it before that.',
  on: 'key',
  needs: ['expiresAt'],
  *check(key, account, { require }) {
    if (key.expiresAt !== null || require.includes('expiry')) return;
    if (account.capabilities.expiry === 'none') yield { unknown: 'the API has no expiry' };
    else yield { message: `${labelOf(key)} never expires`, fix: expiryFix(key, account) };
  },
};

/** A command that gives a key an end. */
export function expiryFix(key: Parameters<typeof rotation>[0], account: Account): string {
  const { updateFields, createFields, expirySteps = [] } = account.capabilities;
  const expiry = expirySteps.includes(usualExpiry) ? usualExpiry : (expirySteps[0] ?? usualExpiry);
  const flags = `--expires ${expiry}`;
  if (updateFields.includes('expiresAt')) return onKey('update', key, account, { flags });
  return rotation(key, account, createFields.includes('expiresAt') ? flags : '');
}

export const expiresSoon: KeyRule = {
  id: 'expires-soon',
  severity: 'warning',
  title: 'the key expires soon',
  why: 'What uses the key fails when it ends. Rotate it before that.',
  flag: '--expiring',
  on: 'key',
  appliesTo: (key) => isInService(key) && !key.superseded,
  needs: ['expiresAt'],
  *check(key, account, { expiring }, now) {
    const { expiresAt } = key;
    if (!expiresAt || Date.parse(expiresAt) > after(now, expiring).getTime()) return;
    yield {
      message: `${labelOf(key)} expires within ${spanText(expiring)}, at ${absoluteTime(expiresAt)}`,
      fix: rotation(key, account),
    };
  },
};

export const expired: KeyRule = {
  id: 'expired',
  severity: 'info',
  title: 'the key has expired and is still listed',
  why: 'It no longer works, but it hides the keys that do, and some APIs can extend it. Revoke it.',
  on: 'key',
  appliesTo: ({ status }) => status === 'expired',
  *check(key, account) {
    const since = key.expiresAt ? ` at ${absoluteTime(key.expiresAt)}` : '';
    yield { message: `${labelOf(key)} expired${since} and is still listed`, fix: ending(key, account) };
  },
};

export const tooOld: KeyRule = {
  id: 'too-old',
  severity: 'warning',
  title: 'the key is older than the policy allows',
  why: 'The older a key is, the more copies of it there may be. Rotate it.',
  flag: '--max-age',
  on: 'key',
  needs: ['createdAt'],
  *check(key, account, { maxAge }, now) {
    const { createdAt } = key;
    if (!maxAge || !createdAt || Date.parse(createdAt) > before(now, maxAge).getTime()) return;
    yield {
      message: `${labelOf(key)} is older than ${spanText(maxAge)}: created at ${absoluteTime(createdAt)}`,
      fix: key.superseded ? ending(key, account) : rotation(key, account),
    };
  },
};
