import type { TokenSource } from '../accounts/tokens/find-token.ts';
import type { KeysError } from '../base/errors.ts';
import { usageError } from '../base/errors.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Key } from '../keys/key.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Context } from './context.ts';
import { holdersOf } from './find-by-value.ts';
import { tokenOf } from './open-remote.ts';

/** The key that is itself the session token of a profile, and where that token comes from. */
export interface Credential {
  key: Key;
  source: TokenSource;
  profile: string;
}

/**
 * At some APIs the tokens that manage keys are among the keys: that of this profile, if it is. By what the list shows,
 * which is compared here, or as the API itself says. Undefined for the embedded authority.
 */
export async function ownCredential(
  context: Context,
  backend: KeyBackend,
  keys: readonly Key[],
): Promise<Credential | undefined> {
  const connection = await context.connection();
  const found = connection && (await tokenOf(context, connection));
  if (!found) return undefined;
  const [holder, ...others] = await holdersOf(backend, keys, found.token);
  const id = (await backend.identify?.(found.token)) ?? (others.length === 0 ? holder?.id : undefined);
  const key = keys.find((one) => one.id === id);
  return key && { key, source: found.source, profile: connection.profile.name };
}

/** Whoever ends the token that keys itself uses is locked out (2). */
export function lockOut({ key: { id, name }, profile }: Credential): KeysError {
  return usageError(
    `the key ${name} (${id}) is the session token that keys itself uses here: ending it would lock you out`,
    `make another one: keys create ${shellWord(name)} --to keychain:${shellWord(name)}`,
    `log in with it: keys login --with-token --profile ${profile}`,
    `then end the old one: keys revoke ${shellWord(id)} --yes`,
  );
}
