import { expect, test } from 'vitest';
import { inParts } from '../../../src/platform/keychain/in-parts.ts';
import { keychainError } from '../../../src/platform/keychain/keychain-error.ts';
import { KeychainFault } from '../../../src/platform/keychain/keychain-fault.ts';
import { readOnce } from '../../../src/platform/keychain/open-keychain.ts';
import { memoryKeychain } from '../../support/fake-keychain.ts';
import { TokenBox } from '../../support/token-box.ts';

/** Like the Windows Credential Manager: at most 2560 bytes of UTF-16, and no half characters. */
function windowsItems() {
  const items = new Map<string, string>();
  const memory = memoryKeychain(items);
  const write = async (account: string, value: string) => {
    if (Buffer.byteLength(value, 'utf16le') > 2560) throw new Error('longer than the platform limit of 2560');
    items.set(account, Buffer.from(value).toString());
  };
  return { items, keychain: inParts({ ...memory, write }) };
}

test('a value of up to 1280 characters is one item as it is', async () => {
  const { items, keychain } = windowsItems();
  const value = new TokenBox().token(1273);
  await keychain.write('a', value);
  expect([...items]).toEqual([['a', value]]);
  expect(await keychain.read('a')).toBe(value);
});

test('a longer value is split over items of the allowed length, and comes back unchanged', async () => {
  const { items, keychain } = windowsItems();
  const box = new TokenBox();
  for (const value of [box.token(1274), box.token(6000), box.known(`x${'😀'.repeat(1281)}EXAMPLE`)]) {
    await keychain.write('a', value);
    expect(items.get('a')).toMatch(/^keys-parts:\d+:[0-9a-f]{16}$/);
    expect(await keychain.read('a')).toBe(value);
  }
});

test('a shorter value or a removal leaves no part of a longer value behind', async () => {
  const { items, keychain } = windowsItems();
  const box = new TokenBox();
  await keychain.write('a', box.token(6000));
  await keychain.write('a', box.token(2000));
  expect([...items.keys()].sort()).toEqual(['a', 'a#1', 'a#2']);
  await keychain.write('a', box.token(20));
  expect([...items.keys()]).toEqual(['a']);
  await keychain.write('a', box.token(2000));
  expect(await keychain.remove('a')).toBe(true);
  expect([...items.keys()]).toEqual([]);
  expect(await keychain.remove('a')).toBe(false);
});

test('a value that looks like the header of parts is still a value', async () => {
  const { keychain } = windowsItems();
  await keychain.write('a', 'keys-parts:2:0123456789abcdef');
  expect(await keychain.read('a')).toBe('keys-parts:2:0123456789abcdef');
});

test('parts that do not belong together are an error', async () => {
  const { items, keychain } = windowsItems();
  const box = new TokenBox();
  await keychain.write('a', box.token(2000));
  items.set('a#2', box.token(500));
  await expect(keychain.read('a')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: the parts of the item do not belong together]`,
  );
  items.delete('a#2');
  await expect(keychain.read('a')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[Error: the parts of the item do not belong together]`,
  );
});

test('on macOS a value is read once, again after a write, and again after a failure', async () => {
  const memory = memoryKeychain();
  let reads = 0;
  let locked = true;
  const once = readOnce({
    ...memory,
    read: (account) => {
      reads += 1;
      return locked ? Promise.reject(new Error('locked')) : memory.read(account);
    },
  });
  await expect(once.read('a')).rejects.toThrowErrorMatchingInlineSnapshot(`[Error: locked]`);
  locked = false;
  expect(await once.read('a')).toBeUndefined();
  expect(await once.read('a')).toBeUndefined();
  expect(reads).toBe(2);
  await once.write('a', 'value-EXAMPLE');
  expect(await once.read('a')).toBe('value-EXAMPLE');
  expect(reads).toBe(3);
  expect(await once.remove('a')).toBe(true);
  expect(await once.read('a')).toBeUndefined();
});

test.each([
  ['failed', 'User interaction is not allowed.', 'keychain_locked'],
  [
    'failed',
    "Couldn't access platform storage: Secret Service: unlock prompt was dismissed",
    'keychain_locked',
  ],
  ['failed', "Couldn't access platform storage: Secret Service: no result found", 'keychain_absent'],
  ['failed', 'DBus error: Did not receive a reply. … policy blocked the reply, …', 'keychain_silent'],
  ['failed', 'the parts of the item do not belong together', 'keychain_failed'],
  ['unopened', 'Platform failure: DBus error: Failed to connect to socket', 'keychain_absent'],
  ['unopened', "Cannot find module '@napi-rs/keyring'", 'keychain_absent'],
] as const)('a keychain that is %s (%s) is reported as such', (kind, text, code) => {
  const call = {
    keychain: 'macOS Keychain',
    service: 'tokens',
    account: 'work@https://a.example',
    timeoutMs: 3000,
    isLinux: false,
  } as const;
  const { failure } = keychainError(new KeychainFault(kind, text), call);
  expect(failure).toMatchObject({ exit: 'auth', code });
  expect(failure.message).not.toContain('logged in');
  // Only a keychain that is absent gets the hint how to start one.
  expect(failure.hints).toHaveLength(2);
});
