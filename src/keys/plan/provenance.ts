import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { Action } from './action.ts';
import type { PlanWorld } from './world.ts';

/*
 * Which keys an apply of a file has created: only those may be revoked because the file does not have them any more. A
 * label of the key tells it on every machine. An API without labels leaves a record on this machine: on another one,
 * such a key is left alone.
 */

/** The label of a key that an apply has created: the file, from the folder of its repository on, such as `shop/keys.yaml`. */
export const provenanceLabel = 'applied-from';

export interface Provenance {
  readonly label: Readonly<Record<string, string>>;
  /** The ids of keys that an apply of this file on this machine has created in this profile. */
  readonly createdIds: ReadonlySet<string>;
  /** Remembers a key that is about to be created, before anything happens, and its id once that is known. */
  noteCreation(creation: { name: string; id?: string }): void;
  /** Whether a creation was begun here whose key is not known. */
  hasBegun(name: string): boolean;
}

/** The keys of the file's own making that it does not have any more, and how many other keys there are. */
export function leftOversOf(
  world: Pick<PlanWorld, 'keys' | 'profile' | 'ownId'>,
  provenance: Provenance,
  named: ReadonlySet<string>,
  { prunes }: { prunes: boolean },
): { leftOvers: Action[]; others: number } {
  const unnamed = world.keys.filter((key) => isActive(key) && !named.has(key.name));
  const leftOvers = unnamed.filter((key) => key.id !== world.ownId && isOfFile(key, provenance));
  return {
    leftOvers: leftOvers.map(({ id, name }) => ({
      action: prunes ? 'revoke' : 'none',
      name,
      profile: world.profile,
      keyId: id,
      reason: prunes ? 'not in the file' : 'not in the file: --prune revokes it',
      isLeftOver: true,
    })),
    others: unnamed.length - leftOvers.length,
  };
}

function isOfFile({ id, labels = {} }: Key, { label, createdIds }: Provenance): boolean {
  const [[name, value] = ['', '']] = Object.entries(label);
  return createdIds.has(id) || (name !== '' && Object.hasOwn(labels, name) && labels[name] === value);
}
