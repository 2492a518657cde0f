import type { KeysError } from '../base/errors.ts';
import { usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from './key.ts';

/** The key that is itself the session token of a profile: some APIs list it among their keys. */
export interface OwnKey {
  key: Key;
  profile: string;
  /** keys keeps the token, and can store a new one in its place. */
  isStored: boolean;
}

/** Refuses to end the token that keys itself uses (2). */
export function lockOut({ key: { id, name }, profile }: OwnKey): KeysError {
  return usageError(
    `the key ${name} (${id}) is the session token that keys itself uses here: ending it would lock you out`,
    `create another one: keys create ${shellWord(name)} --to keychain:${shellWord(name)}`,
    `log in with it: keys login --with-token --profile ${profile}`,
    `then revoke the old one: keys revoke ${shellWord(id)} --yes`,
  );
}
