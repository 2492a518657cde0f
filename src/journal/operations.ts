import { readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import type { Header, OpenOperation } from '../keys/operations/open-operation.ts';
import { holdFileLock, removeAbandonedLocks } from '../platform/files/file-lock.ts';
import type { Escrows } from './escrow.ts';
import { unreadable } from './file-faults.ts';
import { readOperationFile } from './operation-file.ts';

/** Called for each file that cannot be read as an operation, while the others are listed. */
export type OnUnreadable = (error: KeysError) => Promise<void>;

/**
 * Every open operation, the oldest first. Removes those whose process died before anything had begun. Throws `KeysError`
 * if the folder cannot be read.
 */
export async function listOperations(
  { folder, escrows }: { folder: string; escrows?: Escrows },
  onUnreadable: OnUnreadable,
  selection?: OperationSelection,
): Promise<OpenOperation[]> {
  // Who lists again and again has removed them at first.
  if (!selection?.headers.size) await removeAbandonedLocks(folder);
  const onUnbegun = (path: string) => clearUnbegun(path, escrows);
  return readOperations(folder, onUnreadable, { onUnbegun, ...(selection && { selection }) });
}

/** Some of the operations, for those who list again and again. */
export interface OperationSelection {
  isWanted(header: Header): boolean;
  /** The headers that were read before, by file name: they never change, so what is not wanted is not read again. */
  headers: Map<string, Header>;
}

/** As `listOperations`, but changes nothing. */
export async function readOperations(
  folder: string,
  onUnreadable: OnUnreadable,
  {
    onUnbegun = async () => {},
    selection: { isWanted, headers } = { isWanted: () => true, headers: new Map() },
  }: { onUnbegun?: (path: string) => Promise<void>; selection?: OperationSelection } = {},
): Promise<OpenOperation[]> {
  const operations: OpenOperation[] = [];
  const mayBeWanted = (name: string) => {
    const header = headers.get(name);
    return !header || isWanted(header);
  };
  for (const name of namesIn(folder, mayBeWanted)) {
    const path = join(folder, name);
    try {
      const contents = await readOperationFile(path);
      if (!contents) await onUnbegun(path);
      else {
        headers.set(name, contents.header);
        if (isWanted(contents.header)) operations.push({ path, ...contents });
      }
    } catch (error) {
      if (error instanceof KeysError) await onUnreadable(error);
      else ignoringAbsence(error);
    }
  }
  return operations.sort((a, b) => (a.header.at < b.header.at ? -1 : 1));
}

function namesIn(folder: string, mayBeWanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl') && mayBeWanted(name))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw new KeysError({
      code: 'journal_unreadable',
      message: `the journal ${folder} cannot be read (${systemCode(error) ?? 'unknown error'})`,
      hints: [`ls -ld '${folder}'`],
      cause: error,
    });
  }
}

/** A file that has lost all but its beginning would look the same: then its secret is in escrow. */
async function clearUnbegun(path: string, escrows: Escrows | undefined): Promise<void> {
  const release = await holdFileLock(path);
  if (!release) return;
  try {
    if (await readOperationFile(path).catch(ignoringAbsence)) return;
    if (escrows && (await mayHoldSecret(escrows, basename(path, '.jsonl'))))
      throw unreadable(path, 'it is truncated, and its secret is in escrow');
    unlinkSync(path);
  } catch (error) {
    ignoringAbsence(error);
  } finally {
    release();
  }
}

/** True also if an escrow cannot be read. */
async function mayHoldSecret({ allowed, ...escrows }: Escrows, id: string): Promise<boolean> {
  for (const kind of new Set([...allowed, 'file' as const])) {
    const escrow = await escrows[kind]()
      .then((place) => place.get(id))
      .catch(() => true);
    if (escrow) return true;
  }
  return false;
}

export function ignoringAbsence(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error;
}
