import { absoluteTime, before, spanText } from '../../base/time.ts';
import type { KeyRule } from './audit-rule.ts';
import { ending, isPasteable, onKey } from './fix-command.ts';
import { isInService, labelOf } from './key-label.ts';

/* Keys that nothing needs. */

export const unused: KeyRule = {
  id: 'unused',
  severity: 'warning',
  title: 'the key has not been used for a long time',
  why: 'A key that nothing uses can only be misused. Revoke it.',
  flag: '--unused',
  on: 'key',
  appliesTo: (key) => isInService(key) && !key.superseded,
  needs: ['lastUsedAt'],
  *check(key, account, policy, now) {
    const { lastUsedAt } = key;
    if (!lastUsedAt || Date.parse(lastUsedAt) > before(now, policy.unused).getTime()) return;
    yield {
      message: `${labelOf(key)} has not been used for ${spanText(policy.unused)}: last at ${absoluteTime(lastUsedAt)}`,
      fix: ending(key, account),
    };
  },
};

export const neverUsed: KeyRule = {
  id: 'never-used',
  severity: 'warning',
  title: 'the key was created a while ago and never used',
  why: 'It may never have arrived where it was to be used, or nothing needs it. Deliver a new one, or revoke it.',
  flag: '--unused',
  on: 'key',
  appliesTo: (key) => isInService(key) && !key.superseded,
  needs: ['lastUsedAt', 'createdAt'],
  *check(key, account, policy, now) {
    const { lastUsedAt, createdAt } = key;
    if (lastUsedAt !== null || !createdAt) return;
    if (Date.parse(createdAt) > before(now, policy.neverUsed).getTime()) return;
    yield {
      message: `${labelOf(key)} was created at ${absoluteTime(createdAt)} and never used`,
      fix: ending(key, account),
    };
  },
};

/** What ends by itself within this time is being retired. */
const retiringMs = 30 * 86_400_000;

export const superseded: KeyRule = {
  id: 'superseded',
  severity: 'warning',
  title: 'a newer key of the same name exists, and the old one still works',
  why: 'A rotation is done only when the old key has ended. Retire it once nothing uses it.',
  on: 'key',
  needs: ['superseded'],
  *check(key, account, _policy, now) {
    if (!key.superseded) return;
    if (key.expiresAt && Date.parse(key.expiresAt) <= now.getTime() + retiringMs) return;
    yield {
      message: `${labelOf(key)} is superseded by a newer key of its name, and still works`,
      // By its id, it is refused: the newer key is what a rotation is about.
      fix: isPasteable(key.name)
        ? onKey('rotate', key, account, { by: 'name', flags: '--finish' })
        : ending(key, account),
    };
  },
};
