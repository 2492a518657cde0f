import type { Key } from '../key.ts';
import type { OpenOperation } from '../operations/open-operation.ts';
import type { KeyBackend } from '../ports.ts';

/** One account, as far as a plan depends on it. */
export interface PlanWorld {
  profile: string;
  provider: string;
  backend: Pick<KeyBackend, 'capabilities' | 'permissions' | 'rotateInPlace' | 'rotationKeepsId'>;
  /** At least all keys of the name, newest first; see `KeyBackend.list`. */
  keys: readonly Key[];
  /** The unfinished operations on keys of this account. */
  open: readonly OpenOperation[];
  now: Date;
  /** Replace a key whose value is not in its places. */
  redelivers: boolean;
  /** The label that a new key gets, where the API has labels. */
  label: Readonly<Record<string, string>>;
  /** The id of the key that is the session token of the profile. */
  ownId?: string | undefined;
}

/** What was found out about one name. */
export interface Observation {
  /** The current key, with everything that is reported of it; undefined: there is none. */
  current: Key | undefined;
  /** Whether each place holds the value of the current key. */
  places: readonly ObservedPlace[];
  /** What shows that the current key has arrived, in words; undefined: nothing does, or it does not matter. */
  arrival?: string | undefined;
  /** The API reports that the current key has never been used, but for our own check of it. */
  isUnused?: true;
  /** Superseded keys that have not been used for the time that the file says. */
  idleIds: ReadonlySet<string>;
}

export interface ObservedPlace {
  sink: string;
  /** Undefined: the place cannot be read, or the API does not show enough of the key to tell. */
  holds: boolean | undefined;
  /** It holds nothing at all. */
  isEmpty?: true;
}
