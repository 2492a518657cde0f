import type { DesiredKey } from './desired-key.ts';

/** What is to be done about one key. */
export type ActionKind =
  | 'create'
  | 'change'
  | 'rotate'
  | 'revoke'
  /** It is as it should be, or is left alone. */
  | 'none'
  /** It is not as the file says, and nothing is done about it. */
  | 'refused';

/** A field that is not as the file says. */
export interface FieldChange {
  /** A field of the key, or `to`: a place. */
  field: string;
  /** Null: none, or never. */
  from: unknown;
  to: unknown;
}

/** One line of a plan. Holds no secret. */
export interface Action {
  action: ActionKind;
  name: string;
  profile: string;
  /** The existing key; absent if there is none. */
  keyId?: string;
  changes?: readonly FieldChange[];
  /** Why, in words. */
  reason?: string;
  /** When the key that a rotation replaces ends (RFC 3339); null: once it is idle. */
  oldRevokeAt?: string | null;
  /** A key that an earlier apply of the file has created, and that is not in it any more. */
  isLeftOver?: true;
  owner?: string;
  /** Something is left that a flag, evidence or time settles, and not another file. Not printed. */
  isPending?: true;
}

/** What is to be done for one name. */
export interface NamePlan {
  desired: DesiredKey;
  /** About the current key of the name. */
  main: Action;
  /** A new key whose secret is in no place: it ends before the older one is rotated. */
  orphan?: Action;
  /** Older keys of the name whose time is up. */
  retirements: readonly Action[];
  /** An interrupted operation on the name is finished first. */
  isUnfinished: boolean;
}

export function actionsOf({ orphan, main, retirements }: NamePlan): Action[] {
  return [...(orphan ? [orphan] : []), main, ...retirements];
}

/** Whether the account is not as the file says, or is not known to be. */
export function isToDo({ action }: Pick<Action, 'action'>): boolean {
  return action !== 'none';
}
