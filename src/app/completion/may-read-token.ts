import type { Profile } from '../../accounts/profile.ts';
import type { Environment } from '../../platform/env.ts';
import { setting } from '../../platform/env.ts';
import { isUnlocked } from '../../platform/keychain/is-unlocked.ts';

/**
 * Whether the session token can be read without anybody being asked for anything: completion runs while somebody types. A
 * `tokenCommand` may ask for a password or a finger, so it is not run.
 */
export async function mayReadToken(
  { tokenCommand, store = 'keychain' }: Profile,
  env: Environment,
): Promise<boolean> {
  if (setting(env, 'KEYS_TOKEN') || setting(env, 'KEYS_TOKEN_FILE')) return true;
  if (tokenCommand) return false;
  return store === 'file' || isUnlocked(env);
}
