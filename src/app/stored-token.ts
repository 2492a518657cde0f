import type { Profile } from '../accounts/profile.ts';
import { openStore } from '../accounts/tokens/token-store.ts';
import { KeysError } from '../base/errors.ts';
import { setting } from '../platform/env.ts';
import type { Connection } from './connection.ts';
import { openConnection } from './connection.ts';
import type { Context } from './context.ts';

/**
 * Removes the token of an earlier login that the new one does not overwrite: the profile has moved to another origin or
 * another store, and nothing would find that token again.
 */
export async function removeEarlierToken(
  context: Context,
  { profile: { name }, url }: Connection,
  kind: 'keychain' | 'file',
): Promise<void> {
  const { profiles } = await context.config();
  const earlier = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (earlier?.store === undefined) return;
  const origins = new Set([earlier.tokenOrigin, earlier.url === null ? undefined : originOf(earlier.url)]);
  if (earlier.store === kind) origins.delete(url.origin);
  await removeTokens(
    context,
    { ...earlier, name },
    async () => origins,
    `an earlier token may still be in the ${earlier.store}`,
  );
}

/** Removes the tokens of a profile that is about to go. An unreachable store keeps its token; the user is warned. */
export async function removeProfileTokens(context: Context, profile: Profile): Promise<boolean> {
  const origins = async () => [await currentOrigin(context, profile), profile.tokenOrigin];
  return removeTokens(context, profile, origins, 'its session token may still be stored');
}

/** Whether a token was removed. `problem` begins the warning about a store that cannot be reached. */
async function removeTokens(
  context: Context,
  { name, store = 'keychain' }: Profile,
  origins: () => Promise<Iterable<string | undefined>>,
  problem: string,
): Promise<boolean> {
  try {
    const tokens = openStore(store, context.tokenContext);
    let isRemoved = false;
    for (const origin of new Set(await origins()))
      if (origin !== undefined) isRemoved = (await tokens.remove({ profile: name, origin })) || isRemoved;
    return isRemoved;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    await context.warn(`${problem}: ${error.message}`);
    return false;
  }
}

/** Where the profile points now. A profile that is unusable may still have a token at its earlier origin. */
async function currentOrigin(context: Context, profile: Profile): Promise<string | undefined> {
  try {
    return (await openConnection(profile, context.paths.providers, context.io.env)).url.origin;
  } catch (error) {
    if (profile.tokenOrigin === undefined || !(error instanceof KeysError)) throw error;
    return undefined;
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}

/** Warns of variables whose token overrides the stored one. */
export async function warnOfTokenVariables(context: Context, consequence: string): Promise<void> {
  for (const variable of ['KEYS_TOKEN', 'KEYS_TOKEN_FILE'] as const)
    if (setting(context.io.env, variable)) await context.warn(`${variable} is set and ${consequence}`);
}
