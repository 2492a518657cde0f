import { shown, visible } from '../../base/sanitise.ts';
import { maskSecrets } from '../../base/secret.ts';
import { shellWord } from '../../base/shell-word.ts';
import { shortList } from '../../base/short-list.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Key } from '../key.ts';
import type { Requirable } from './audit-policy.ts';
import { requirable } from './audit-policy.ts';
import type { Account, AccountRule, KeyRule, OperationRule, ProfileRule } from './audit-rule.ts';
import { expiryFix } from './expiry-rules.ts';
import { onKey } from './fix-command.ts';
import { label, labelOf, mayWork } from './key-label.ts';

/* What an account as a whole has to have. */

const nounOf: Readonly<Record<Requirable, string>> = {
  expiry: 'expiry',
  budget: 'budget',
  'rate-limit': 'rate limit',
  description: 'description',
  permissions: 'permissions',
  models: 'list of models, so it may call all of them',
  labels: 'labels',
};

/** What a person has to fill in is in capitals, as in help. */
const flagOf: Readonly<Record<Requirable, string>> = {
  expiry: '--expires 90d',
  budget: '--budget USD',
  'rate-limit': '--rate-limit RPM',
  description: '--description TEXT',
  permissions: '--permission LIST',
  models: '--models LIST',
  labels: '--label NAME=VALUE',
};

export const required: KeyRule = {
  id: 'required',
  severity: 'error',
  title: 'the key lacks what the policy requires',
  why: 'A key without limits can cost or break more than it should, and one without a description is hard to judge. Set what is missing.',
  flag: '--require',
  on: 'key',
  *check(key, account, { require }) {
    for (const word of require) {
      const value = key[requirable[word]];
      if (value === undefined) yield { unknown: `${requirable[word]} is not reported` };
      else if (isEmpty(value))
        yield { message: `${labelOf(key)} has no ${nounOf[word]}`, fix: fixOf(word, key, account) };
    }
  },
};

function isEmpty(value: unknown): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function fixOf(word: Requirable, key: Key, account: Account): string {
  if (word === 'expiry') return expiryFix(key, account);
  const { updateFields } = account.capabilities;
  const canUpdate = updateFields.some((field) => field === requirable[word]);
  return onKey(canUpdate ? 'update' : 'show', key, account, canUpdate ? { flags: flagOf[word] } : {});
}

export const duplicateName: AccountRule = {
  id: 'duplicate-name',
  severity: 'warning',
  title: 'several keys have the same name, and neither replaces the other',
  why: 'A name is how a key is found and rotated. If two keys share one, or names differ by case alone, a command may hit the wrong one.',
  on: 'account',
  *check(account) {
    const groups = new Map<string, Key[]>();
    for (const key of account.keys) {
      if (!mayWork(key) || key.superseded || key.name === '') continue;
      const name = key.name.normalize('NFKC').trim().toLowerCase();
      const group = groups.get(name) ?? [];
      group.push(key);
      groups.set(name, group);
    }
    for (const group of groups.values()) {
      const [key, ...others] = group;
      if (!key || others.length === 0) continue;
      const ids = shortList(others, ({ id }) => label(id));
      yield {
        key,
        message: `${labelOf(key)} is also the name of ${ids}`,
        fix: account.capabilities.updateFields.includes('name')
          ? onKey('update', key, account, { flags: '--name NAME' })
          : onKey('show', key, account),
      };
    }
  },
};

/** As `keys status` warns. */
const sessionWarningMs = 14 * 86_400_000;

export const sessionEnding: AccountRule = {
  id: 'session-ending',
  severity: 'warning',
  title: 'the session of the profile ends within 14 days',
  why: 'Without a session, keys can neither be rotated nor revoked. Log in again.',
  on: 'account',
  *check(account, _policy, now) {
    const { hasSession, sessionEndsAt: end } = account;
    if (!hasSession) return;
    if (end === undefined) yield { unknown: 'the API does not tell when the session ends' };
    else if (end !== null && Date.parse(end) - now.getTime() <= sessionWarningMs)
      yield {
        message: `the session of ${label(account.profile)} ends at ${absoluteTime(end)}`,
        fix: `keys login --profile ${shellWord(account.profile)}`,
      };
  },
};

const maxReasonLength = 300;

export const unreachable: ProfileRule = {
  id: 'unreachable',
  severity: 'error',
  title: 'the account could not be audited',
  why: 'What is in it is not known: nothing of it is known to be in order. Log in, or find out why its API does not answer.',
  on: 'profile',
  *check({ failure, profile }) {
    const [pasteable] = (failure.hints ?? []).filter(
      (hint) => /^keys [a-z]/.test(hint) && visible(hint) === hint,
    );
    yield {
      message: `${label(profile)} could not be audited: ${shown(maskSecrets(failure.message), maxReasonLength)}`,
      fix: pasteable ?? `keys status --profile ${shellWord(profile)}`,
    };
  },
};

export const unfinishedOperation: OperationRule = {
  id: 'unfinished-operation',
  severity: 'warning',
  title: 'an operation was interrupted and waits to be finished',
  why: 'A key may exist that nothing uses, or a secret may wait in escrow. Recover the operation.',
  on: 'operation',
  *check(operation) {
    if (operation.id === null) {
      yield { message: shown(operation.fault, maxReasonLength), fix: 'keys doctor', severity: 'error' };
      return;
    }
    const { id, kind, name, begunAt } = operation;
    const noun = kind === 'rotate' ? 'rotation' : kind;
    yield {
      message: `the ${noun} of ${label(name)}, begun at ${absoluteTime(begunAt)}, is unfinished`,
      fix: `keys recover ${shellWord(id)}`,
    };
  },
};
