import { createHmac } from 'node:crypto';
import { closeSync, constants, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { EscrowedSecret } from '../keys/operations/operation.ts';
import { readPrivateFile } from '../platform/files/private-file.ts';
import { syncFile, syncFolder } from '../platform/files/sync-file.ts';
import type { Keychain } from '../platform/keychain/keychain.ts';

/** Where secrets wait until they are delivered, one per operation. Every method throws if the place fails. */
export interface Escrow {
  /** "Secret Service", or "file <path>". */
  describe(operation: string): string;
  /** Makes sure, before there is a secret, that it can be stored. */
  reserve(operation: string): Promise<void>;
  /** Resolves when the secret is stored durably and was read back. */
  put(operation: string, secret: EscrowedSecret): Promise<void>;
  /** Undefined if there is none. Throws `KeysError` (`escrow_damaged`) if it is not what was put there. */
  get(operation: string): Promise<EscrowedSecret | undefined>;
  erase(operation: string): Promise<void>;
}

/** The possible escrows; `allowed` lists those that a new operation may use, the best one first. */
export interface Escrows {
  /** Opened on demand. */
  keychain: () => Promise<Escrow>;
  file: () => Promise<Escrow>;
  allowed: readonly ('keychain' | 'file')[];
}

/** In the keychain of the system, under the operation's id. */
export function keychainEscrow(keychain: Keychain): Escrow {
  const store = async (operation: string, text: string) => {
    if (!(await keychain.writeAndReadBack(operation, text))) throw notKept(keychain.describe());
  };
  return {
    describe: () => keychain.describe(),
    reserve: (operation) => store(operation, 'reserved'),
    put: (operation, secret) => store(operation, serialise(operation, secret)),
    get: async (operation) =>
      deserialise(operation, (await keychain.read(operation)) ?? '', keychain.describe()),
    erase: async (operation) => void (await keychain.remove(operation)),
  };
}

/** Reserved for a secret: enough for a private key in PEM. */
const reservedBytes = 16_384;

/**
 * In a 0600 file of its own, for profiles with `"escrow": "file"`. Its blocks are written before there is a secret and
 * overwritten in place, so that a disk that fills up meanwhile does no harm.
 */
export function fileEscrow(folder: string, makeFolder: (path: string) => void): Escrow {
  const fileOf = (operation: string) => join(folder, operation);
  return {
    describe: (operation) => `file ${fileOf(operation)}`,
    async reserve(operation) {
      makeFolder(folder);
      // Both have to be on disk before there is a secret, in no order.
      await Promise.all([reserveFile(fileOf(operation)), syncFolder(folder)]);
    },
    async put(operation, secret) {
      const text = serialise(operation, secret);
      await fill(fileOf(operation), text);
      if (String(await readPrivateFile(fileOf(operation))).trimEnd() !== text)
        throw notKept(this.describe(operation));
    },
    async get(operation) {
      const content = await readPrivateFile(fileOf(operation));
      // A file that is shorter than what was reserved has lost something.
      if (content && content.length < reservedBytes) throw damaged(operation, this.describe(operation));
      return deserialise(operation, content?.toString('utf8') ?? '', this.describe(operation));
    },
    async erase(operation) {
      // Best effort against a reader of the raw disk; the file system may have kept other copies.
      await fill(fileOf(operation), '').catch(() => {});
      try {
        unlinkSync(fileOf(operation));
      } catch (error) {
        if (systemCode(error) !== 'ENOENT') throw error;
      }
      await syncFolder(folder);
    },
  };
}

/** Creates a new file, or none: never through a symbolic link, and never over a file that exists. */
async function reserveFile(path: string): Promise<void> {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, ' '.repeat(reservedBytes));
    await syncFile(file);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Overwrites the file in place: the text, then blanks. */
async function fill(path: string, text: string): Promise<void> {
  const { O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
  const file = openSync(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    writeSync(file, text.padEnd(reservedBytes), 0);
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

function serialise(operation: string, { id, name, secret }: EscrowedSecret): string {
  const value = secret.reveal();
  return JSON.stringify({ id, name, secret: value, sum: sumOf(operation, id, name, value) });
}

/** Binds a secret to its operation and its key: a change of any character changes it. */
function sumOf(operation: string, id: string, name: string, secret: string): string {
  return createHmac('sha256', secret)
    .update(JSON.stringify([operation, id, name]))
    .digest('base64url');
}

/** Undefined for a reservation. Earlier versions wrote no sum. */
function deserialise(operation: string, text: string, place: string): EscrowedSecret | undefined {
  if (['', 'reserved'].includes(text.trim())) return undefined;
  const { id, name, secret, sum, ...others } = parsed(text);
  const isWhole =
    [id, name, secret].every((one) => typeof one === 'string') && Object.keys(others).length === 0;
  if (
    !isWhole ||
    (sum !== undefined && sum !== sumOf(operation, id as string, name as string, secret as string))
  )
    throw damaged(operation, place);
  return { id: id as string, name: name as string, secret: new Secret(secret as string) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function damaged(operation: string, place: string): KeysError {
  return new KeysError({
    code: 'escrow_damaged',
    message: `the secret in escrow (${place}) is damaged and was not delivered`,
    hints: [`keys recover ${operation} --revoke`],
    operation,
  });
}

function notKept(place: string): KeysError {
  return new KeysError({
    code: 'escrow_failed',
    message: `the ${place} stored a secret, but returned a different value when it was read back`,
  });
}
