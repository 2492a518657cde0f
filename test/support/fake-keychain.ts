import type { TokenItems } from '../../src/accounts/tokens/token-context.ts';
import type { Keychain } from '../../src/platform/keychain/keychain.ts';

/** A keychain in memory, with these items. */
export function memoryKeychain(items = new Map<string, string>()): Keychain {
  return {
    read: async (account) => items.get(account),
    write: async (account, value) => void items.set(account, value),
    remove: async (account) => items.delete(account),
    describe: () => 'test keychain',
    writeAndReadBack: async (account, value) => {
      items.set(account, value);
      return true;
    },
    probe: async () => {},
  };
}

/** A keychain whose every call fails. */
export function brokenKeychain(message: string): TokenItems {
  const fail = () => Promise.reject(new Error(message));
  return { read: fail, write: fail, remove: fail, describe: () => 'test keychain' };
}
