import type { Stats } from 'node:fs';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';

/*
 * Files below the cache or state folder that decide what the program does or shows: each is a file of this user alone, in a folder of
 * this user alone, and is never read otherwise.
 */

const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

/** The user of this process; undefined on Windows, whose folders of a user are closed to others by their access lists. */
export type Uid = number | undefined;

export function ownUid(): Uid {
  return process.geteuid?.();
}

/** The bytes of a file that only this user can have written; undefined: there is none. */
export function readOwnFile(path: string, uid: Uid, maxBytes: number): Buffer | undefined {
  const file = openOwnFile(path, uid, maxBytes);
  if (file === undefined) return undefined;
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** A descriptor to read such a file by; undefined: there is none. */
export function openOwnFile(path: string, uid: Uid, maxBytes: number): number | undefined {
  try {
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fstatSync(file);
    const isOurs = isClosed(stats, uid, 0o077) && stats.nlink === 1;
    if (stats.isFile() && isOurs && stats.size <= maxBytes) return file;
    closeSync(file);
    return undefined;
  } catch {
    return undefined;
  }
}

/** Whether only this user can add a file to this folder, or put another folder in its place. */
export function isOwnFolder(folder: string, uid: Uid): boolean {
  return isFolderOf(folder, uid, 0o077) && isFolderOf(dirname(folder), uid, 0o022);
}

function isFolderOf(path: string, uid: Uid, forbiddenMode: number): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && isClosed(stats, uid, forbiddenMode);
}

function isClosed(stats: Stats, uid: Uid, forbiddenMode: number): boolean {
  return uid === undefined || (stats.uid === uid && (stats.mode & forbiddenMode) === 0);
}

/**
 * Made only below a folder of this user: together with `~/.cache`, which new homes lack (XDG Base Directory Specification),
 * but never with the folder that KEYS_HOME names. Returns whether it can be used.
 */
export function makeOwnFolder(folder: string, uid: Uid): boolean {
  try {
    const parent = dirname(folder);
    const base = dirname(parent);
    if (basename(base) === '.cache' && !existsSync(base) && isClosed(statSync(dirname(base)), uid, 0o022))
      mkdirSync(base, { mode: 0o700 });
    if (!existsSync(parent) && isClosed(statSync(base), uid, 0)) mkdirSync(parent, { mode: 0o700 });
    if (!existsSync(folder) && isFolderOf(parent, uid, 0o022)) mkdirSync(folder, { mode: 0o700 });
    return isOwnFolder(folder, uid);
  } catch {
    return false;
  }
}
