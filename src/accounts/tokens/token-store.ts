import { KeysError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { openKeychain } from '../../platform/keychain/open-keychain.ts';
import type { TokenContext, TokenItems, TokenOwner } from './token-context.ts';

/** Where `keys login` stores tokens, one per profile and origin, and the kept secrets of a provider beside them. */
export interface TokenStore {
  readonly name: 'keychain' | 'file';
  read(owner: TokenOwner): Promise<Secret | undefined>;
  /** Reads back what was written. Throws `KeysError` (4, `token_not_stored`) if that is not the token. */
  write(owner: TokenOwner, token: Secret): Promise<void>;
  /** False if there was none. */
  remove(owner: TokenOwner): Promise<boolean>;
  /** Begins to read, for somebody who will call `read`, where that takes long. */
  readEarly(owner: TokenOwner): void;
}

/** Opens nothing yet. Its calls throw `KeysError` (4) as `Keychain` and `openFileItems` say. */
export function openStore(kind: 'keychain' | 'file', context: TokenContext): TokenStore {
  const items = kind === 'file' ? fileItemsOf(context) : keychainOf(context);
  return {
    name: kind,
    async read(owner) {
      const value = await items.read(accountOf(owner));
      return value === undefined ? undefined : new Secret(value);
    },
    async write(owner, token) {
      const value = token.reveal();
      await items.write(accountOf(owner), value);
      if ((await items.read(accountOf(owner))) !== value) throw notStored(items.describe(), owner);
    },
    remove: (owner) => items.remove(accountOf(owner)),
    readEarly: (owner) => items.readEarly?.(accountOf(owner)),
  };
}

/** The name of a profile contains no `@`, and an origin no `#`, so no two owners share an account. */
function accountOf({ profile, origin, secret }: TokenOwner): string {
  return `${profile}@${origin}${secret === undefined ? '' : `#${secret}`}`;
}

/** Loaded when it is used: a process of the keychain is started without it. */
function fileItemsOf({ paths }: TokenContext): TokenItems {
  const open = async () => (await import('./file-store.ts')).openFileItems(paths);
  return {
    describe: () => `file ${paths.tokens}`,
    read: async (account) => (await open()).read(account),
    write: async (account, value) => (await open()).write(account, value),
    remove: async (account) => (await open()).remove(account),
  };
}

/** One per context: the values that it remembers on macOS serve the whole command. */
const keychains = new WeakMap<TokenContext, TokenItems>();

function keychainOf(context: TokenContext): TokenItems {
  const keychain = context.keychain ?? keychains.get(context) ?? withEarlyReads(newKeychain(context));
  keychains.set(context, keychain);
  return keychain;
}

function newKeychain(context: TokenContext): TokenItems {
  return openKeychain({
    service: 'tokens',
    env: context.env,
    get interactive() {
      return context.interactive;
    },
  });
}

/** What is read early is handed to the first one who reads it. */
function withEarlyReads(items: TokenItems): TokenItems & Required<Pick<TokenItems, 'readEarly'>> {
  const earlyReads = new Map<string, Promise<string | undefined>>();
  return {
    describe: () => items.describe(),
    readEarly(account) {
      const value = items.read(account);
      value.catch(() => {});
      earlyReads.set(account, value);
    },
    read(account) {
      const value = earlyReads.get(account) ?? items.read(account);
      earlyReads.delete(account);
      return value;
    },
    write(account, value) {
      earlyReads.delete(account);
      return items.write(account, value);
    },
    remove(account) {
      earlyReads.delete(account);
      return items.remove(account);
    },
  };
}

function notStored(place: string, { profile, secret = 'token' }: TokenOwner): KeysError {
  return new KeysError({
    code: 'token_not_stored',
    message: `the ${place} stored the ${secret}, but returned a different value when it was read back; you are not logged in`,
    hints: [`store it in a file that only you can read: keys login --store file --profile ${profile}`],
  });
}
