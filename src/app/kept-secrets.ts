import type { FoundSecret } from '../accounts/tokens/find-secret.ts';
import { findSecret } from '../accounts/tokens/find-secret.ts';
import { usageError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { secretVariable } from '../platform/env.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Connection } from './connection.ts';
import type { Context } from './context.ts';
import { ownerOf } from './open-remote.ts';

/* Secrets that a provider needs beside the session token, and that `keys login` stores with it. */

export function keptSecretNames({ secrets = {} }: Provider): string[] {
  return Object.entries(secrets).flatMap(([name, { keep }]) => (keep ? [name] : []));
}

/**
 * The secrets to store, by name: from `KEYS_<NAME>`, from a masked prompt, or, where keys cannot prompt, those of an
 * earlier login. Throws `KeysError` (2) that names every missing one.
 */
export async function readKeptSecrets(
  context: Context,
  connection: Connection,
): Promise<ReadonlyMap<string, Secret>> {
  const { provider, profile } = connection;
  const secrets = new Map<string, Secret>();
  const missing: string[] = [];
  for (const name of keptSecretNames(provider)) {
    const help = provider.secrets?.[name]?.help ?? name;
    // Without an earlier login nothing is stored, and there may be no keychain.
    const isKept = !context.interactive && profile.store !== undefined;
    const foundSecret = await findSecret({ name, isKept }, ownerOf(connection), context.tokenContext);
    if (foundSecret) {
      secrets.set(name, foundSecret.secret);
      await context.note(`${help}: taken from ${foundSecret.source}`);
    } else if (context.interactive) {
      secrets.set(name, await context.askSecret(help));
    } else {
      missing.push(name);
    }
  }
  if (missing.length === 0) return secrets;
  throw usageError(
    missing.map(
      (name) =>
        `${provider.name} needs ${provider.secrets?.[name]?.help ?? name}, and keys cannot prompt: ${context.promptObstacle}`,
    ),
    ...missing.map((name) => `set ${secretVariable(name)}`),
  );
}

/** Where each kept secret is; null: nowhere. */
export async function findKeptSecrets(
  context: Context,
  connection: Connection,
): Promise<Record<string, FoundSecret['source'] | null>> {
  const sources: Record<string, string | null> = {};
  for (const name of keptSecretNames(connection.provider)) {
    const foundSecret = await findSecret({ name, isKept: true }, ownerOf(connection), context.tokenContext);
    sources[name] = foundSecret?.source ?? null;
  }
  return sources;
}
