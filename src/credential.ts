import type { App } from './app.ts';
import { shellWord, usageError } from './errors.ts';
import { holdersOf } from './holders.ts';
import type { Key } from './lifecycle/key.ts';
import type { KeyBackend } from './lifecycle/ports.ts';
import { tokenOf } from './remote.ts';

/**
 * Refuses to end the key that is itself the session token of this profile (exit 2): at some APIs the tokens that manage
 * keys are among the keys, and whoever ends theirs is locked out.
 */
export async function requireNotOwn(
  app: App,
  { backend, keys, targets }: { backend: KeyBackend; keys: readonly Key[]; targets: readonly Key[] },
): Promise<void> {
  const connection = await app.connection();
  const token = connection && (await tokenOf(app, connection))?.token;
  if (!token) return;
  const [holder, ...others] = await holdersOf(backend, keys, token);
  const id = (await backend.identify?.(token)) ?? (others.length === 0 ? holder?.id : undefined);
  const own = targets.find((key) => key.id === id);
  if (!own) return;
  const { name } = own;
  throw usageError(
    `the key ${name} (${own.id}) is the session token that keys itself uses here: ending it would lock you out`,
    `make another one: keys create ${shellWord(name)} --to keychain:${shellWord(name)}`,
    `log in with it: keys login --with-token --profile ${connection.profile.name}`,
    `then end the old one: keys revoke ${shellWord(own.id)} --yes`,
  );
}
