import { KeysError, usageError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Environment } from '../../platform/env.ts';
import { keychainLimit, openKeychain } from '../../platform/keychain/open-keychain.ts';

/**
 * The secret that the keychain of the system holds under a name, apart from session tokens. Throws `KeysError` as
 * `openKeychain` says, and where there is none of that name.
 */
export async function readKeptSecret(
  name: string,
  { env, interactive }: { env: Environment; interactive: boolean },
): Promise<Secret> {
  if (name === '') throw usageError("'keychain:' names nothing: write keychain:NAME");
  const keychain = openKeychain({ env, holds: 'secrets', ...(!interactive && { limit: keychainLimit }) });
  const value = await keychain.read(name);
  if (value) return new Secret(value);
  throw new KeysError({
    code: 'source_empty',
    message: `the ${keychain.describe()} holds no secret named ${name}`,
  });
}
