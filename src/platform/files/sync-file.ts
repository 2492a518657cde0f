import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { SharedSync } from './shared-sync.ts';

/*
 * Only syncing is slow enough to be worth a thread: files are opened, written and closed at once. `node:fs/promises`
 * would also load all streams.
 */

/** Resolves when the content of an open file, or the names in an open folder, are on disk. */
export const syncFile: (descriptor: number) => Promise<void> = promisify(fsync);

const folderSyncs = new Map<string, SharedSync>();

/** Resolves when the names in a folder are on disk. Does nothing on Windows, which cannot open a folder. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const sync = folderSyncs.get(path) ?? new SharedSync(() => syncNames(path));
  folderSyncs.set(path, sync);
  await sync.wait();
}

async function syncNames(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  await syncFile(folder).finally(() => closeSync(folder));
}
