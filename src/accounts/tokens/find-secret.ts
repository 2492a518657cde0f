import { Secret } from '../../base/secret.ts';
import { secretVariable } from '../../platform/env.ts';
import type { TokenContext, TokenOwner } from './token-context.ts';

/** A secret that a provider's declaration names. */
export interface SecretName {
  name: string;
  /** `keys login` stores it. */
  isKept: boolean;
}

export interface FoundSecret {
  secret: Secret;
  /** A variable, `keychain` or `file`. */
  source: string;
}

/**
 * The secret in `KEYS_<NAME>`, or else the kept one of this profile and origin. Undefined: there is none. Throws `KeysError`
 * (4) for a keychain that is absent, locked or silent.
 */
export async function findSecret(
  { name, isKept }: SecretName,
  owner: TokenOwner,
  context: TokenContext,
): Promise<FoundSecret | undefined> {
  const variable = secretVariable(name);
  const inline = context.env[variable];
  if (inline) return { secret: new Secret(inline), source: variable };
  if (!isKept) return undefined;
  const { openStore } = await import('./token-store.ts');
  const store = openStore(owner.store ?? 'keychain', context);
  const secret = await store.read({ ...owner, secret: name });
  return secret && { secret, source: store.name };
}
