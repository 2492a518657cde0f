import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { KeysError, systemCode } from '../../base/errors.ts';
import {
  checkPrivateFolder,
  removePrivateFolder,
  unusableFolder,
  withPrivateFolder,
} from './private-folder.ts';
import { readBounded, readFault } from './read-file.ts';
import { syncFile } from './sync-file.ts';

/*
 * A file that holds a secret: readable by its owner alone from its first byte, replaced as a whole or not at all, never
 * reached through a symbolic link.
 */

/**
 * Throws `KeysError` unless `writePrivateFile` can be expected to succeed at this path. Tries the lock, too, and leaves
 * nothing behind.
 */
export async function checkPrivateFile(path: string): Promise<void> {
  refuseUnlessPlainFile(path);
  try {
    accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw unusableFolder(dirname(path), error);
  }
  await checkPrivateFolder(dirname(path));
}

/** Far more than a file of settings or secrets needs. */
const maxBytes = 16 * 1024 * 1024;

/** The bytes of the file; undefined if there is none. What a killed process left beside it is removed. */
export async function readPrivateFile(path: string): Promise<Buffer | undefined> {
  const content = read(path);
  await removeStaleCopies(path);
  return content;
}

function read(path: string): Buffer | undefined {
  refuseUnlessPlainFile(path);
  try {
    return readBounded(path, { maxBytes, follow: false });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new KeysError({
      code: 'file_unreadable',
      message: `${path} cannot be read (${readFault(error)})`,
      cause: error,
    });
  }
}

/**
 * The mode of a file in octal (`0644`) if it grants anything to others than the owner, else undefined. Always undefined
 * on Windows, which has access lists instead of modes. Throws what `stat` throws.
 */
export async function modeOpenToOthers(path: string): Promise<string | undefined> {
  if (process.platform === 'win32') return undefined;
  const mode = statSync(path).mode & 0o777;
  return mode & 0o077 ? `0${mode.toString(8)}` : undefined;
}

/** Replaces or creates the file, with mode 0600. */
export async function writePrivateFile(path: string, content: string | Buffer): Promise<void> {
  refuseUnlessPlainFile(path);
  await withPrivateFolder(dirname(path), (folder) => replace(path, content, join(folder, 'new')));
}

/**
 * Replaces the file by what `change` returns for its bytes (undefined: no file), while no other process changes it.
 */
export async function changePrivateFile(
  path: string,
  change: (content: Buffer | undefined) => string | Buffer,
): Promise<void> {
  refuseUnlessPlainFile(path);
  await withPrivateFolder(dirname(path), async (folder) =>
    replace(path, change(read(path)), join(folder, 'new')),
  );
}

/**
 * Two syncs: the content must be on disk before the name points to it, and the name must be on disk before the secret
 * counts as delivered.
 */
async function replace(path: string, content: string | Buffer, temporary: string): Promise<void> {
  let folder: number | undefined;
  try {
    // Opened before the old file is gone: a folder that cannot be opened could not be synced afterwards.
    folder = openFolder(dirname(path));
    const file = openSync(temporary, 'wx', 0o600);
    try {
      writeFileSync(file, content);
      await syncFile(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    if (folder !== undefined) await syncFile(folder);
  } catch (error) {
    throw new KeysError({
      code: 'file_not_written',
      message: `${path} could not be written (${systemCode(error) ?? 'unknown error'})`,
      cause: error,
    });
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

/** Removes what a killed process left half-written beside the file. Never throws. */
export function removeStaleCopies(path: string): Promise<void> {
  return removePrivateFolder(dirname(path));
}

function refuseUnlessPlainFile(path: string): void {
  const stats = statsOf(path);
  if (!stats || stats.isFile()) return;
  const kind = stats.isSymbolicLink()
    ? 'a symbolic link'
    : stats.isDirectory()
      ? 'a folder'
      : 'not a plain file';
  throw new KeysError({
    code: 'not_a_plain_file',
    message: `${path} is ${kind}: a secret is written only to a plain file`,
    hints: [`ls -ld '${path}'`],
  });
}

/** Undefined if there is nothing of this name. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw new KeysError({
      code: 'file_unreadable',
      message: `${path} cannot be looked up (${systemCode(error) ?? 'unknown error'})`,
      cause: error,
    });
  }
}

/** Undefined on Windows, which cannot open a folder; its rename is durable by itself. */
function openFolder(path: string): number | undefined {
  return process.platform === 'win32' ? undefined : openSync(path, 'r');
}
