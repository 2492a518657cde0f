import type { Environment } from '../env.ts';
import { runProgram } from '../run-program.ts';
import { mayHaveKeychain } from './may-have-keychain.ts';

/** Lists the items of `keys` that can be read as they are, then those that would need a password. */
const search = [
  ...['dbus-send', '--session', '--print-reply=literal', '--reply-timeout=2000'],
  ...[
    '--dest=org.freedesktop.secrets',
    '/org/freedesktop/secrets',
    'org.freedesktop.Secret.Service.SearchItems',
  ],
  'dict:string:string:service,keys-cli',
];

/**
 * Whether session tokens can be read from the keychain without a question to its user. False if that cannot be told: macOS
 * asks about each program that it does not know, such as a Node.js just upgraded. Windows never asks.
 * https://specifications.freedesktop.org/secret-service/latest/org.freedesktop.Secret.Service.html
 */
export async function isUnlocked(env: Environment): Promise<boolean> {
  if (process.platform !== 'linux') return process.platform === 'win32';
  if (!mayHaveKeychain(env)) return false;
  try {
    const { code, stdout } = await runProgram({ command: search, cwd: '/', env, timeoutMs: 3000 });
    const [, unlocked = '', locked = ''] = stdout.split('array [');
    return code === 0 && unlocked.includes('/') && !locked.includes('/');
  } catch {
    return false;
  }
}
