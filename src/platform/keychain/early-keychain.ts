import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf } from '../cache-folder.ts';
import type { Environment } from '../env.ts';
import { startKeychainChild } from './keychain-child-process.ts';

/*
 * The process that talks to the keychain takes as long to start as this one. If a command will ask it for the session
 * token of the current profile, it is started first of all, while the program is loaded. This is a guess: whatever the
 * configuration really means is found out later, and a process that is not asked does nothing and ends with this one.
 */

/** The service under which session tokens are kept. */
export const tokenService = 'keys-cli';

/** Those that make calls of the profile's API, whatever their flags. */
const callingCommands = ['list', 'show', 'create', 'update', 'revoke', 'rotate', 'logs', 'usage', 'verify'];

const otherPlaces = ['KEYS_PROFILE', 'KEYS_PROVIDER', 'KEYS_URL', 'KEYS_TOKEN', 'KEYS_TOKEN_FILE'] as const;

/** Far more than settings need; what is larger is left to those who report it. */
const maxBytes = 64 * 1024;

/** The loader and the program are bundles that share nothing but the process. */
const earlyChild = Symbol.for('keys.earlyKeychain');
const place = process as { [earlyChild]?: EarlyChild | undefined };

interface EarlyChild {
  service: string;
  child: ChildProcessWithoutNullStreams;
}

/** Starts the process if the command line is one that needs it. `entry`: its file. Never throws. */
export function startKeychainEarly(entry: string, argv: readonly string[], env: Environment): void {
  try {
    if (!needsToken(argv, env)) return;
    const child = startKeychainChild(entry, tokenService, env);
    // Whether it could be started is asked when it is taken.
    child.on('error', () => {});
    child.unref();
    place[earlyChild] = { service: tokenService, child };
  } catch {
    // It will be started when it is needed, and any problem reported then.
  }
}

/** The process that was started early for a service, if it runs. */
export function takeEarlyKeychain(service: string): ChildProcessWithoutNullStreams | undefined {
  const early = place[earlyChild];
  if (early?.service !== service) return undefined;
  place[earlyChild] = undefined;
  const { child } = early;
  const isRunning = child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  if (!isRunning) return undefined;
  child.ref();
  return child;
}

function needsToken([command = '', ...flags]: readonly string[], env: Environment): boolean {
  if (!callingCommands.includes(command) || otherPlaces.some((name) => env[name])) return false;
  if (flags.some((flag) => /^(-h|--help|help|--version|-V|--(profile|provider|url)(=.*)?)$/s.test(flag)))
    return false;
  const { currentProfile = '', profiles } = readSettings(
    join(folderOf('config', env, process.cwd()), 'config.json'),
  );
  const { url, tokenCommand, store = 'keychain' } = profiles?.[currentProfile] ?? {};
  return typeof url === 'string' && tokenCommand === undefined && store === 'keychain';
}

/** What an unchecked configuration may have. */
interface Settings {
  currentProfile?: string;
  profiles?: Record<string, { url?: unknown; tokenCommand?: unknown; store?: unknown }>;
}

function readSettings(file: string): Settings {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  return stats?.isFile() && stats.size <= maxBytes ? JSON.parse(readFileSync(file, 'utf8')) : {};
}
