import { createHash } from 'node:crypto';
import type { KeychainItems } from './keychain.ts';

/**
 * UTF-16 code units in one item of the Windows Credential Manager: CRED_MAX_CREDENTIAL_BLOB_SIZE is 5*512 bytes.
 * https://learn.microsoft.com/windows/win32/api/wincred/ns-wincred-credentialw
 */
const itemLength = 1280;

/** `keys-parts:<count>:<checksum>` is the content of an item whose value is in the items `<account>#1` and following. */
const header = /^keys-parts:(\d+):([0-9a-f]+)$/;

/**
 * The same items without a length limit: a longer value is split over numbered items, whose number and checksum are
 * stored under its account. The header is written last. Throws `Error` for parts that do not belong together.
 */
export function inParts(items: KeychainItems): KeychainItems {
  const partsOf = async (account: string) => {
    const [, count, checksum] = header.exec((await items.read(account)) ?? '') ?? [];
    return { count: Number(count ?? 0), checksum };
  };
  const removeParts = async (account: string, from: number, to: number) => {
    for (let index = from; index <= to; index += 1) await items.remove(`${account}#${index}`);
  };
  return {
    async read(account) {
      const value = await items.read(account);
      const [, count, checksum] = header.exec(value ?? '') ?? [];
      if (count === undefined) return value;
      let whole = '';
      for (let index = 1; index <= Number(count); index += 1) {
        whole += (await items.read(`${account}#${index}`)) ?? '';
      }
      if (checksumOf(whole) !== checksum) throw new Error('the parts of the item do not belong together');
      return whole;
    },
    async write(account, value) {
      const before = await partsOf(account);
      // A short value that looks like a header would be read as one.
      const parts = value.length > itemLength || header.test(value) ? split(value) : [];
      for (const [index, part] of parts.entries()) await items.write(`${account}#${index + 1}`, part);
      const content = parts.length > 0 ? `keys-parts:${parts.length}:${checksumOf(value)}` : value;
      await items.write(account, content);
      await removeParts(account, parts.length + 1, before.count);
    },
    async remove(account) {
      const { count } = await partsOf(account);
      const isRemoved = await items.remove(account);
      await removeParts(account, 1, count);
      return isRemoved;
    },
  };
}

/** Does not cut a character of two code units in half: each half would be stored as something else. */
function split(value: string): string[] {
  const parts = [''];
  for (const character of value) {
    const last = parts[parts.length - 1] ?? '';
    if (last.length + character.length > itemLength) parts.push(character);
    else parts[parts.length - 1] = last + character;
  }
  return parts;
}

function checksumOf(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 16);
}
