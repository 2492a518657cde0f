import type { Environment } from '../../platform/env.ts';
import type { Keychain } from '../../platform/keychain/keychain.ts';
import type { Paths } from '../../platform/paths.ts';

/** Whose token: one per profile and origin, so that a profile whose URL has moved to another origin finds none. */
export interface TokenOwner {
  profile: string;
  /** As `URL.origin`. */
  origin: string;
  /** The name of a kept secret of the provider; absent: the session token. */
  secret?: string;
  /** Program and arguments of a program that prints the token. */
  tokenCommand?: readonly string[];
  /** Where `keys login` put the token; absent: the keychain. */
  store?: 'keychain' | 'file';
}

/** Tokens by account: a keychain, or a file in place of one. */
export interface TokenItems extends Pick<Keychain, 'describe' | 'read' | 'write' | 'remove'> {
  /** Begins to read, where that takes long. */
  readEarly?(account: string): void;
}

export interface TokenContext {
  env: Environment;
  cwd: string;
  paths: Paths;
  /** A person can type the keychain's password, and is given the time for it. */
  readonly interactive: boolean;
  /** Receives what is unwise but no error. */
  warn?: (text: string) => Promise<void>;
  /** Replaces the system's keychain. */
  keychain?: TokenItems;
}
