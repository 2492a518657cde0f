import type { Secret } from '../base/secret.ts';
import type { Environment } from '../platform/env.ts';
import type { Keychain } from '../platform/keychain/keychain.ts';

/** What sinks need from their surroundings. */
export interface SinkContext {
  /** The folder that relative paths start from. */
  cwd: string;
  env: Environment;
  /** Timeout of another program in ms. */
  timeout: number;
  /** Allows writing a secret into a git work tree that does not ignore the file. */
  allowInGit: boolean;
  keychain: () => Promise<Keychain>;
  /** By account of the keychain, the profile whose key the entry holds. */
  owners: () => Promise<Pick<Keychain, 'read' | 'write'>>;
  /** The profile whose key is delivered. */
  owner: () => Promise<string>;
  /** The place of a profile's session token. Throws `KeysError` if the profile has none. */
  session: (profile: string) => Promise<SessionPlace>;
  note: (text: string) => Promise<void>;
  /** Tells a person what is being waited for. */
  waitFor: <T>(what: string, work: () => Promise<T>) => Promise<T>;
  platform: NodeJS.Platform;
}

export interface SessionPlace {
  /** Throws `KeysError` unless `write` can be expected to succeed. */
  check(): Promise<void>;
  /** Reads back what was written. */
  write(token: Secret): Promise<void>;
  read(): Promise<Secret | undefined>;
  /** Removes what a process that was killed left half-written. */
  removeLeftovers(): Promise<void>;
}
