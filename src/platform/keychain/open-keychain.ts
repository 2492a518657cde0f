import type { Environment } from '../env.ts';
import { tokenService } from './early-keychain.ts';
import { inParts } from './in-parts.ts';
import type { Keychain, KeychainItems } from './keychain.ts';
import { keychainError } from './keychain-error.ts';
import { KeychainFault } from './keychain-fault.ts';
import { withKeychainProcess } from './keychain-process.ts';

export { endKeychainProcesses } from './keychain-process.ts';

/**
 * Session tokens, secrets of keys, and secrets in escrow are each under a service of their own, so that no name of one is
 * ever taken for another. `owners` has, under the name of a secret, the profile whose key it is.
 */
const services = {
  tokens: tokenService,
  secrets: 'keys-cli-secrets',
  owners: 'keys-cli-owners',
  escrow: 'keys-cli-escrow',
} as const;
const probeService = 'keys-cli-probe';

/** Keychain timeout in ms. */
export const keychainTimeoutMs = 3000;

export interface KeychainOptions {
  service: keyof typeof services;
  env: Environment;
  /**
   * A person can type the keychain's password: once it has been reached, a call has no time limit. Read only then, because
   * the answer may open stdin.
   */
  readonly interactive: boolean;
  timeoutMs?: number;
}

/**
 * Opens nothing before the first call. Even with a person at the terminal, a keychain that cannot be reached in time is
 * silent: it asks for a password only after that.
 */
export function openKeychain(options: KeychainOptions): Keychain {
  const { service, env, timeoutMs = keychainTimeoutMs } = options;
  const isInteractive = () => options.interactive;
  const keychain = names[process.platform] ?? names.linux;
  const call = async <T>(
    account: string,
    work: (items: KeychainItems) => Promise<T>,
    serviceName: string = services[service],
  ): Promise<T> => {
    try {
      return await withKeychainProcess({ service: serviceName, env, timeoutMs, isInteractive }, (items) =>
        work(process.platform === 'win32' ? inParts(items) : items),
      );
    } catch (error) {
      const fault = error instanceof KeychainFault ? error : new KeychainFault('failed', String(error));
      const isLinux = keychain === names.linux;
      throw keychainError(fault, { keychain, service, account, timeoutMs, isLinux });
    }
  };
  const items: KeychainItems = {
    read: (account) => call(account, (one) => one.read(account)),
    write: (account, value) => call(account, (one) => one.write(account, value)),
    remove: (account) => call(account, (one) => one.remove(account)),
  };
  // macOS asks its user about each access by a program that it does not know, such as a Node.js just upgraded.
  const sharedItems = process.platform === 'darwin' ? readOnce(items) : items;
  return {
    ...sharedItems,
    describe: () => keychain,
    writeAndReadBack: (account, value) =>
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

/** Reads each value once, and again after it was written: what is read back was really stored. */
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
