import type { Environment } from '../env.ts';
import { inParts } from './in-parts.ts';
import { keychainError } from './keychain-error.ts';
import type { KeychainItems } from './keychain-process.ts';
import { KeychainFault, withKeychainChild } from './keychain-process.ts';

/** The keychain of the operating system: one value per account, under a service of ours. */
export interface Keychain extends KeychainItems {
  /** "Secret Service", "macOS Keychain", "Windows Credential Manager". */
  describe(): string;
}

/** The keychain as a whole. */
export interface SystemKeychain extends Keychain {
  /** Writes a value and reads it back, in one go; false where something else comes back. */
  keep(account: string, value: string): Promise<boolean>;
  /** Writes something and removes it again: one that is locked may well say that it holds nothing. */
  probe(): Promise<void>;
}

/**
 * Session tokens are under one service, secrets of keys under another, those that wait to be delivered under a third: no
 * name of the one is ever taken for another. Whose key the entry of a secret holds is under one more, with its name.
 */
const services = {
  tokens: 'keys-cli',
  secrets: 'keys-cli-secrets',
  owners: 'keys-cli-owners',
  escrow: 'keys-cli-escrow',
} as const;
const probeService = 'keys-cli-probe';

/** Milliseconds that nobody has to wait longer for a keychain than. */
export const keychainLimit = 3000;

export interface KeychainOptions {
  /** Milliseconds for a call; absent: as long as a person needs to type a password. */
  limit?: number;
  env?: Environment;
  /** Absent: session tokens. */
  holds?: keyof typeof services;
}

/**
 * Nothing is opened before the first call. Every call throws `KeysError` (4) with code `keychain_absent`,
 * `keychain_locked`, `keychain_silent` or `keychain_failed`. Also without `limit`, a keychain that cannot even be
 * reached within 3 s is silent: it asks for a password only after that.
 */
export function openKeychain({
  limit,
  env = process.env,
  holds = 'tokens',
}: KeychainOptions): SystemKeychain {
  const keychain = names[process.platform] ?? names.linux;
  const call = async <T>(
    account: string,
    work: (items: KeychainItems) => Promise<T>,
    service: string = services[holds],
  ): Promise<T> => {
    const options = { service, env, openingLimit: keychainLimit, limit };
    try {
      return await withKeychainChild(options, (items) =>
        work(process.platform === 'win32' ? inParts(items) : items),
      );
    } catch (error) {
      const fault = error instanceof KeychainFault ? error : new KeychainFault('failed', String(error));
      const linux = keychain === names.linux;
      throw keychainError(fault, { keychain, account, limit: limit ?? keychainLimit, linux, holds });
    }
  };
  const items: KeychainItems = {
    read: (account) => call(account, (one) => one.read(account)),
    write: (account, value) => call(account, (one) => one.write(account, value)),
    remove: (account) => call(account, (one) => one.remove(account)),
  };
  // macOS asks its user for each access by a program that it does not know, such as a Node.js just upgraded.
  const shared = process.platform === 'darwin' ? readOnce(items) : items;
  return {
    ...shared,
    describe: () => keychain,
    keep: (account, value) =>
      call(account, async (one) => {
        await one.write(account, value);
        return (await one.read(account)) === value;
      }),
    probe: () => {
      const account = String(process.pid);
      const work = async (one: KeychainItems) => {
        await one.write(account, 'probe');
        await one.remove(account);
      };
      return call(account, work, probeService);
    },
  };
}

/** Asks for each value once; again after it was written, so that what is read back was really stored. */
export function readOnce(items: KeychainItems): KeychainItems {
  const values = new Map<string, Promise<string | undefined>>();
  const changing = <T>(account: string, change: Promise<T>) => change.finally(() => values.delete(account));
  return {
    read(account) {
      const value = values.get(account) ?? items.read(account);
      values.set(account, value);
      // A failure is not kept: the person may have unlocked the keychain since.
      value.catch(() => values.delete(account));
      return value;
    },
    write: (account, value) => changing(account, items.write(account, value)),
    remove: (account) => changing(account, items.remove(account)),
  };
}

const names: Partial<Record<NodeJS.Platform, string>> & { linux: string } = {
  linux: 'Secret Service',
  darwin: 'macOS Keychain',
  win32: 'Windows Credential Manager',
};
