import type { Keychain, SystemKeychain } from '../../src/platform/keychain/open-keychain.ts';

/** A keychain that lasts as long as the test, and what it holds. */
export function memoryKeychain(items = new Map<string, string>()): SystemKeychain {
  return {
    read: async (account) => items.get(account),
    write: async (account, value) => void items.set(account, value),
    remove: async (account) => items.delete(account),
    describe: () => 'test keychain',
    keep: async (account, value) => {
      items.set(account, value);
      return true;
    },
    probe: async () => {},
  };
}

/** A keychain of which every call fails. */
export function brokenKeychain(message: string): Keychain {
  const fail = () => Promise.reject(new Error(message));
  return { read: fail, write: fail, remove: fail, describe: () => 'test keychain' };
}
