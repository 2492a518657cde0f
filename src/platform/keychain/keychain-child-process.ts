import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import { ownSession } from '../child-options.ts';
import type { Environment } from '../env.ts';
import { withoutSecrets } from '../env.ts';

/** Starts the entry of the bundle that talks to the keychain. It does nothing until it is asked, and ends with this process. */
export function startKeychainChild(
  entry: string,
  service: string,
  env: Environment,
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [entry, service, String(process.pid)], {
    // Node's own switches are not for this process.
    env: { ...withoutSecrets(env), NODE_OPTIONS: undefined },
    ...ownSession,
  });
}
