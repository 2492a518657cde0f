import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

/*
 * Only syncing is slow enough to be worth a thread: files are opened, written and closed at once. `node:fs/promises`
 * would also load all streams.
 */

/** Resolves when the content of an open file, or the names in an open folder, are on disk. */
export const syncFile: (descriptor: number) => Promise<void> = promisify(fsync);

/** As `syncFile`. Does nothing on Windows, which cannot open a folder. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  await syncFile(folder).finally(() => closeSync(folder));
}
