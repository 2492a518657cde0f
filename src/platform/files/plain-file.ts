import { closeSync, fsyncSync, openSync, statSync } from 'node:fs';
import { systemCode } from '../../base/errors.ts';

/** Whether two paths lead to the same existing file. */
export function isSameFile(path: string, other: string): boolean {
  const [stats, otherStats] = [path, other].map((name) => statSync(name, { throwIfNoEntry: false }));
  return (
    stats !== undefined &&
    otherStats !== undefined &&
    stats.dev === otherStats.dev &&
    stats.ino === otherStats.ino
  );
}

/** Syncs a file, or the names in a folder. Some systems cannot open a folder; its names are durable there anyway. */
export function syncToDisk(path: string): void {
  try {
    const file = openSync(path, 'r');
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL'].includes(systemCode(error) ?? '')) throw error;
  }
}
