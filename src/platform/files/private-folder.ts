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
import { monotonicMs } from '../monotonic.ts';
import { Turns } from '../turns.ts';
import type { Release } from './file-lock.ts';
import { holdFileLock } from './file-lock.ts';

/*
 * While a file is being written, a folder `.keys-tmp` (0700) beside it holds the half-written file, a lock, and a
 * `.gitignore` that hides all of it from git: a process that is killed leaves nothing that `git add` would pick up. One
 * process at a time writes in it, one file after the other, and the next one removes what it finds.
 */
const folderName = '.keys-tmp';
const lockTimeoutMs = 10_000;

/**
 * How long this process keeps the lock for writers of its own that wait, and then leaves it to others, who ask for it every
 * 10 to 30 ms.
 */
const maxHoldMs = 1000;
const pauseMs = 40;

/** The locked folder, handed from one writer of this process to the next. */
interface Hold {
  readonly release: Release;
  /** As `monotonicMs`. */
  readonly since: number;
  /** Git ignores what is in it. */
  isIgnored: boolean;
}

const turns = new Turns();
const holds = new Map<string, Hold>();

/**
 * Runs the work, with the private folder, while no other `keys` process writes in this parent folder. Throws `KeysError`
 * if the private folder cannot be made, belongs to another user, or is locked for more than 10 s.
 */
export async function withPrivateFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  return inTurn(join(parent, folderName), async (hold, folder) => {
    prepare(folder, hold.isIgnored);
    hold.isIgnored = true;
    return work(folder);
  });
}

/** Locks the folder and releases it. Throws as `withPrivateFolder` before its work begins, except for a full disk. */
export async function checkPrivateFolder(parent: string): Promise<void> {
  await inTurn(join(parent, folderName), async () => {});
}

/** Other processes have to ask again and again for the lock: this one takes turns with itself, and keeps it for the next. */
async function inTurn<T>(folder: string, use: (hold: Hold, folder: string) => Promise<T>): Promise<T> {
  const deadline = Date.now() + lockTimeoutMs;
  const endTurn = await turns.wait(folder);
  try {
    const hold = holds.get(folder) ?? (await newHold(folder, deadline));
    holds.set(folder, hold);
    try {
      return await use(hold, folder);
    } finally {
      await handOver(folder, hold);
    }
  } finally {
    endTurn();
  }
}

async function newHold(folder: string, deadline: number): Promise<Hold> {
  return { release: await takeLock(folder, deadline), since: monotonicMs(), isIgnored: false };
}

/** Keeps the lock for the next writer of this process, if one waits and it is not for too long. */
async function handOver(folder: string, hold: Hold): Promise<void> {
  const isAwaited = turns.areAwaited(folder);
  const isLong = monotonicMs() - hold.since > maxHoldMs;
  if (isAwaited && !isLong) return;
  holds.delete(folder);
  removeHeld(folder, hold.release);
  if (isAwaited) await sleep(pauseMs);
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

function prepare(folder: string, isIgnored: boolean): void {
  try {
    clear(folder, isIgnored ? ['.gitignore'] : []);
    if (!isIgnored) writeFileSync(join(folder, '.gitignore'), '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw unusableFolder(dirname(folder), error);
  }
}

/** Removes what a killed process left beside the files of this folder. Never throws. */
export async function removePrivateFolder(parent: string): Promise<void> {
  const folder = join(parent, folderName);
  try {
    if (holds.has(folder) || !lstatSync(folder, { throwIfNoEntry: false })) return;
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

function clear(folder: string, kept: readonly string[] = []): void {
  // The file that hides the others from git goes last.
  const names = readdirSync(folder).sort((a, b) => Number(a === '.gitignore') - Number(b === '.gitignore'));
  for (const name of names) {
    if (name === 'write.lock' || kept.includes(name)) continue;
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
