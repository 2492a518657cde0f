import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError, systemCode } from '../../base/errors.ts';
import { Turns } from '../turns.ts';
import type { Release } from './file-lock.ts';
import { holdFileLock } from './file-lock.ts';

/*
 * While a file is being written, a folder `.keys-tmp` (0700) beside it holds the half-written file, a lock, and a
 * `.gitignore` that hides all of it from git: a process that is killed leaves nothing that `git add` would pick up. One
 * process at a time writes in it, and the next one removes what it finds.
 */
const folderName = '.keys-tmp';
const lockTimeoutMs = 10_000;

/**
 * Runs the work, with the private folder, while no other `keys` process writes in this parent folder. Throws `KeysError`
 * if the private folder cannot be made, belongs to another user, or is locked for more than 10 s.
 */
export async function withPrivateFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, folderName);
  const release = await take(folder);
  try {
    prepare(folder);
    return await work(folder);
  } finally {
    removeHeld(folder, release);
  }
}

/** Locks the folder and releases it. Throws as `withPrivateFolder` before its work begins, except for a full disk. */
export async function checkPrivateFolder(parent: string): Promise<void> {
  const folder = join(parent, folderName);
  removeHeld(folder, await take(folder));
}

const turns = new Turns();

/** The lock is for other processes, which have to ask again and again until it is free. */
async function take(folder: string): Promise<Release> {
  const deadline = Date.now() + lockTimeoutMs;
  const endTurn = await turns.wait(folder);
  try {
    const release = await takeLock(folder, deadline);
    return (beforeUnlock) => {
      release(beforeUnlock);
      endTurn();
    };
  } catch (error) {
    endTurn();
    throw error;
  }
}

async function takeLock(folder: string, deadline: number): Promise<Release> {
  let release = await hold(folder);
  while (!release) {
    if (Date.now() > deadline) throw locked(folder);
    await sleep(10 + Math.random() * 20);
    release = await hold(folder);
  }
  return release;
}

function prepare(folder: string): void {
  try {
    clear(folder);
    writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw unusableFolder(dirname(folder), error);
  }
}

/** Removes what a killed process left beside the files of this folder. Never throws. */
export async function removePrivateFolder(parent: string): Promise<void> {
  const folder = join(parent, folderName);
  try {
    if (!lstatSync(folder, { throwIfNoEntry: false })) return;
    const release = await hold(folder);
    if (release) removeHeld(folder, release);
  } catch {
    // The next write reports it.
  }
}

/** Undefined if another process has locked the folder, or has just removed it. */
async function hold(folder: string): Promise<Release | undefined> {
  make(folder);
  try {
    return await holdFileLock(join(folder, 'write'));
  } catch (error) {
    if (error instanceof KeysError && systemCode(error.failure.cause) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A folder that an earlier process left is closed to others again; its contents are removed before it is used. */
function make(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw unusableFolder(dirname(folder), error);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats && !isOurs(stats)) throw planted(folder);
    // A file system without modes ignores this, and needs none.
    if (stats && (stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
  }
}

function isOurs(stats: { isDirectory(): boolean; uid: number }): boolean {
  return stats.isDirectory() && (process.platform === 'win32' || stats.uid === process.geteuid?.());
}

function removeHeld(folder: string, release: Release): void {
  try {
    clear(folder);
  } catch {
    // The next process tries again.
  }
  release(() => removeIfEmpty(folder));
}

function clear(folder: string): void {
  // The file that hides the others from git goes last.
  const names = readdirSync(folder).sort((a, b) => Number(a === '.gitignore') - Number(b === '.gitignore'));
  for (const name of names) {
    if (name === 'write.lock') continue;
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) rmSync(path, { recursive: true });
    else unlinkSync(path);
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Another process uses it, or it is gone.
  }
}

function planted(folder: string): KeysError {
  return new KeysError({
    code: 'folder_not_private',
    message: `${folder} is not a folder of yours; nothing was written to it`,
    hints: [`ls -ld '${folder}'`, `if you do not need it: rm -r '${folder}'`],
  });
}

/** Why nothing can be written in a folder. It may have vanished since it was checked. */
export function unusableFolder(folder: string, cause: unknown): KeysError {
  const code = systemCode(cause);
  if (code === 'ENOENT') {
    return new KeysError({
      code: 'folder_missing',
      message: `the folder ${folder} does not exist`,
      hints: [`mkdir -p -m 700 '${folder}'`],
      cause,
    });
  }
  return new KeysError({
    code: 'folder_not_writable',
    message: `the folder ${folder} cannot be written to (${code ?? 'unknown error'})`,
    hints: [`ls -ld '${folder}'`],
    cause,
  });
}

function locked(folder: string): KeysError {
  return new KeysError({
    code: 'file_locked',
    message: `another keys process has been writing to ${folder} for more than ${lockTimeoutMs / 1000} s`,
    hints: [`lsof '${join(folder, 'write.lock')}'`, 'end that process, or wait for it'],
  });
}
