import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../env.ts';

/**
 * False if there is certainly no keychain. On Linux the Secret Service is reached over the session bus, at
 * DBUS_SESSION_BUS_ADDRESS or at the address that systemd gives it.
 */
export function mayHaveKeychain(env: Environment): boolean {
  if (process.platform !== 'linux' || env.DBUS_SESSION_BUS_ADDRESS) return true;
  return existsSync(join(env.XDG_RUNTIME_DIR || `/run/user/${process.getuid?.()}`, 'bus'));
}
