import type { Profile } from '../accounts/profile.ts';
import type { TokenOwner } from '../accounts/tokens/token-context.ts';
import { openStore } from '../accounts/tokens/token-store.ts';
import { KeysError } from '../base/errors.ts';
import { setting } from '../platform/env.ts';
import type { Connection } from './connection.ts';
import { openConnection } from './connection.ts';
import type { Context } from './context.ts';

/**
 * Removes what an earlier login stored and the new one does not overwrite: the profile has moved to another origin, store or
 * provider, and nothing would find it again. `newSecrets` are the kept secrets that have just been stored.
 */
export async function removeEarlierToken(
  context: Context,
  { profile: { name }, url }: Connection,
  kind: 'keychain' | 'file',
  newSecrets: readonly string[],
): Promise<void> {
  const { profiles } = await context.config();
  const earlier = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (earlier?.store === undefined) return;
  const origins = new Set([earlier.tokenOrigin, earlier.url === null ? undefined : originOf(earlier.url)]);
  const problem = `an earlier token may still be in the ${earlier.store}`;
  if (earlier.store === kind) {
    origins.delete(url.origin);
    const unusedSecrets = (earlier.keptSecrets ?? []).filter((secret) => !newSecrets.includes(secret));
    const owners = unusedSecrets.map((secret) => ({ profile: name, origin: url.origin, secret }));
    await removeFrom(context, earlier.store, async () => owners, problem);
  }
  await removeFrom(context, earlier.store, async () => ownersOf({ ...earlier, name }, origins), problem);
}

/** Removes the tokens of a profile that is about to go. An unreachable store keeps its token; the user is warned. */
export async function removeProfileTokens(context: Context, profile: Profile): Promise<boolean> {
  const owners = async () =>
    ownersOf(profile, new Set([await currentOrigin(context, profile), profile.tokenOrigin]));
  return removeFrom(context, profile.store ?? 'keychain', owners, 'its session token may still be stored');
}

/** The session token and the kept secrets of a profile at each origin. */
function ownersOf(
  { name: profile, keptSecrets = [] }: Profile,
  origins: ReadonlySet<string | undefined>,
): TokenOwner[] {
  return [...origins].flatMap((origin) =>
    origin === undefined
      ? []
      : [{ profile, origin }, ...keptSecrets.map((secret) => ({ profile, origin, secret }))],
  );
}

/** Whether anything was removed. `problem` begins the warning about a store that cannot be reached. */
async function removeFrom(
  context: Context,
  store: 'keychain' | 'file',
  owners: () => Promise<readonly TokenOwner[]>,
  problem: string,
): Promise<boolean> {
  try {
    const tokens = openStore(store, context.tokenContext);
    let isRemoved = false;
    for (const owner of await owners()) isRemoved = (await tokens.remove(owner)) || isRemoved;
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
