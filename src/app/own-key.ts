import type { Key } from '../keys/key.ts';
import type { OwnKey } from '../keys/own-key.ts';
import type { Context } from './context.ts';

/**
 * The key that is the session token of this profile, if the API lists its tokens among its keys: by what the list shows,
 * which is compared here, or as the API itself says. Undefined for the embedded authority. `isPart`: `keys` are not all that
 * there are.
 */
export async function ownKey(
  context: Context,
  keys: readonly Key[],
  isPart = false,
): Promise<OwnKey | undefined> {
  const connection = await context.connection();
  if (!connection) return undefined;
  const [{ tokenOf }, { holdersOf }, { proves }] = await Promise.all([
    import('./open-remote.ts'),
    import('./find-by-value.ts'),
    import('../keys/match.ts'),
  ]);
  const session = await tokenOf(context, connection);
  if (!session) return undefined;
  const backend = await context.backend();
  const [holder, ...others] = await holdersOf(backend, keys, session.token);
  // A short beginning may be that of every key.
  if (isPart && holder && !proves(holder)) return ownKey(context, await context.keys());
  const id = (await backend.identify?.(session.token)) ?? (others.length === 0 ? holder?.id : undefined);
  const key = keys.find((one) => one.id === id);
  const isStored = session.source === 'keychain' || session.source === 'file';
  return key && { key, profile: connection.profile.name, isStored };
}
