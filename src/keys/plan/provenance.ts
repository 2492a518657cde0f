import type { Key } from '../key.ts';
import { isActive } from '../key.ts';
import type { Action } from './action.ts';
import type { PlanWorld } from './world.ts';

/*
 * Which keys an apply of a file has created: only those may be revoked because the file does not have them any more. A
 * label of the key tells it on every machine. An API without labels leaves a record on this machine: on another one,
 * such a key is left alone.
 */

/** The label of a key that an apply has created: the file, such as `github.com/acme/shop//keys.yaml`. */
export const provenanceLabel = 'applied-from';

export interface Provenance {
  readonly label: Readonly<Record<string, string>>;
  /** The values that it had before. They still tell a key of the file, and are renewed with the next change of the key. */
  readonly earlierValues: readonly string[];
  /** The ids of keys that an apply of this file on this machine has created in this profile. */
  readonly createdIds: Pick<ReadonlySet<string>, 'has'>;
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

function isOfFile(key: Key, provenance: Provenance): boolean {
  const { label, createdIds } = provenance;
  return createdIds.has(key.id) || hasLabel(key, label) || hasEarlierLabel(key, provenance);
}

/** The label that a key of the file gets in place of an earlier one. */
export function renewedLabel(key: Key, provenance: Provenance): Readonly<Record<string, string>> {
  return hasEarlierLabel(key, provenance) ? provenance.label : {};
}

function hasEarlierLabel(key: Key, { label, earlierValues }: Provenance): boolean {
  return Object.keys(label).some((name) => earlierValues.some((value) => hasLabel(key, { [name]: value })));
}

function hasLabel({ labels = {} }: Key, label: Readonly<Record<string, string>>): boolean {
  const [[name, value] = ['', '']] = Object.entries(label);
  return name !== '' && Object.hasOwn(labels, name) && labels[name] === value;
}
