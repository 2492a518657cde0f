import { shellWord } from '../../base/shell-word.ts';
import type { Key } from '../key.ts';
import type { Account, AccountRule, KeyRule } from './audit-rule.ts';
import { ending, onKey } from './fix-command.ts';
import { label, labelOf, mayWork } from './key-label.ts';

/* What keys may do. */

export const forbiddenPermission: KeyRule = {
  id: 'forbidden-permission',
  severity: 'error',
  title: 'the key has a permission that the policy forbids',
  why: 'A leaked key does all that it is allowed to. Take away what it does not need.',
  flag: '--forbid-permission',
  on: 'key',
  appliesTo: mayWork,
  *check(key, account, { forbidPermission }) {
    if (forbidPermission.length === 0) return;
    const { permissions } = key;
    if (!permissions) {
      yield { unknown: 'permissions is not reported' };
      return;
    }
    const forbidden = permissions.filter((one) => forbidPermission.includes(one));
    if (forbidden.length === 0) return;
    yield {
      message: `${labelOf(key)} has the permission ${forbidden.map(label).join(', ')}, which the policy forbids`,
      fix: withoutPermissions(
        key,
        forbidden,
        account,
        account.permissions?.filter((one) => !forbidPermission.includes(one)).slice(0, 1),
      ),
    };
  },
};

/** A majority needs some keys to be one. */
const minPeers = 5;
/** A permission is rare if at most this part of the keys has it. */
const rareShare = 0.1;

export const broaderThanPeers: AccountRule = {
  id: 'broader-than-peers',
  severity: 'info',
  title: 'the key may do more than nearly all others of its account',
  why: 'A key that stands out may have been created in a hurry. Check whether it needs that permission.',
  on: 'account',
  *check(account, { forbidPermission }) {
    const peers = account.keys.filter((key) => mayWork(key) && (key.permissions?.length ?? 0) > 0);
    if (peers.length < minPeers) return;
    const counts = new Map<string, number>();
    for (const { permissions = [] } of peers)
      for (const one of new Set(permissions)) counts.set(one, (counts.get(one) ?? 0) + 1);
    const isRare = (one: string) =>
      (counts.get(one) ?? 0) <= Math.max(1, Math.floor(peers.length * rareShare));
    const usual = [...counts.keys()].filter((one) => (counts.get(one) ?? 0) * 2 >= peers.length);
    if (usual.length === 0) return;
    for (const key of peers) {
      const broader = beyond(key.permissions ?? [], usual, account.permissions).filter(
        (one) => isRare(one) && !forbidPermission.includes(one),
      );
      if (broader.length === 0) continue;
      yield {
        key,
        message: `${labelOf(key)} has the permission ${broader.map(label).join(', ')}, which hardly any of the other ${peers.length - 1} keys have`,
        fix: withoutPermissions(key, broader, account, usual),
      };
    }
  },
};

/** The permissions beyond those that are usual: higher ones if the provider orders them, else additional ones. */
function beyond(
  permissions: readonly string[],
  usual: readonly string[],
  ordered: readonly string[] | undefined,
): string[] {
  if (ordered) {
    const highest = Math.max(...usual.map((one) => ordered.indexOf(one)));
    return permissions.filter((one) => ordered.indexOf(one) > highest);
  }
  const hasUsual = usual.every((one) => permissions.includes(one));
  return hasUsual ? permissions.filter((one) => !usual.includes(one)) : [];
}

/** `others`: what to allow where nothing would be left. Without a call that changes permissions, another key replaces it. */
function withoutPermissions(
  key: Key,
  unwanted: readonly string[],
  account: Account,
  others: readonly string[] = [],
): string {
  const kept = (key.permissions ?? []).filter((one) => !unwanted.includes(one));
  const permissions = kept.length > 0 ? kept : others;
  const { updateFields, createFields } = account.capabilities;
  if (permissions.length === 0) return ending(key, account);
  const flags = `--permission ${shellWord(permissions.join(','))}`;
  if (updateFields.includes('permissions')) return onKey('update', key, account, { flags });
  return createFields.includes('permissions')
    ? onKey('create', key, account, { by: 'name', flags })
    : onKey('show', key, account);
}
