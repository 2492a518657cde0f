import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { KeysError, systemCode } from '../base/errors.ts';
import { distrustOf, requireTrusted } from './files/trust.ts';
import { workingFolder } from './io.ts';
import { locatePaths, makePrivateFolder } from './paths.ts';

/*
 * Native parts of the single executable. A system loads a shared library from a file only, so each part is unpacked once,
 * to a folder that only the user can enter. Nobody else can put a file there, and a file is loaded only if it has the
 * checksum that the executable has of it. It is renamed into place when it is whole and on disk, so a crash, or two
 * processes at once, leave nothing else under its name.
 */

export interface NativePart {
  name: string;
  /** SHA-256 of its bytes, in hex. */
  sha256: string;
  /** The bytes that the executable carries. */
  unpack(): Uint8Array;
}

export interface UnpackingPlaces {
  /** Where parts stay for the next process. */
  cache: string;
  /** Where a part is unpacked for this process alone if the cache cannot be used. */
  temporary: string;
}

export function unpackingPlaces(): UnpackingPlaces {
  return { cache: join(locatePaths(process.env, workingFolder()).cache, 'native'), temporary: tmpdir() };
}

/** Hands a part's file to `load`. Throws `KeysError` (`native_part_unusable`) if there is no place to load it from. */
export function loadNativePart<T>(part: NativePart, places: UnpackingPlaces, load: (file: string) => T): T {
  const faults: string[] = [];
  const attempts = [
    { place: places.cache, attempt: () => load(cachedFile(part, places.cache)) },
    { place: places.temporary, attempt: () => loadOnce(part, places.temporary, load) },
  ];
  for (const { place, attempt } of attempts) {
    try {
      return attempt();
    } catch (error) {
      faults.push(faultOf(error, place));
    }
  }
  throw new KeysError({
    code: 'native_part_unusable',
    message: `keys cannot unpack a part of itself (${part.name}): ${faults.join('; ')}`,
    hints: ['choose a folder that you can write to and run programs from: KEYS_HOME (keys help environment)'],
  });
}

function cachedFile(part: NativePart, folder: string): string {
  makePrivateFolder(folder);
  requireTrusted(folder, 'folder');
  requireTrusted(dirname(folder), 'folder');
  requireTrusted(dirname(dirname(folder)), 'home');
  const file = join(folder, `${part.name}-${part.sha256.slice(0, 16)}.node`);
  if (!isPart(file, part)) replace(file, part, folder);
  return file;
}

function isPart(file: string, { sha256 }: NativePart): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile() || distrustOf(file, 'file')) return false;
  return checksumOf(file) === sha256;
}

/** In pieces: it takes half as long as in one, for which the memory has to be found first. */
function checksumOf(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.allocUnsafeSlow(256 * 1024);
  const file = openSync(path, 'r');
  try {
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece))
      hash.update(piece.subarray(0, length));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}

/** Also removes the part of another version, and what a killed process left: one that still needs it falls back. */
function replace(file: string, part: NativePart, folder: string): void {
  const temporary = `${file}.${randomBytes(8).toString('hex')}`;
  try {
    write(temporary, part);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name.startsWith(`${part.name}-`) && path !== file) removeIfPossible(path);
  }
}

function write(path: string, part: NativePart): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, part.unpack());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** From a new folder, which is removed as soon as the part is loaded. */
function loadOnce<T>(part: NativePart, parent: string, load: (file: string) => T): T {
  requireTrusted(parent, 'home');
  const folder = mkdtempSync(join(parent, 'keys-'));
  try {
    const file = join(folder, `${part.name}.node`);
    write(file, part);
    return load(file);
  } finally {
    removeIfPossible(folder);
  }
}

/** Windows keeps a library that is in use. */
function removeIfPossible(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // The next version tries again.
  }
}

function faultOf(error: unknown, place: string): string {
  // It names the folder.
  if (error instanceof KeysError) return error.message;
  const code = systemCode(error);
  // Node.js has one code for all that the system's loader refuses, such as a folder that no program may run from.
  const message = error instanceof Error ? error.message : String(error);
  return `${place}: ${code === undefined || code === 'ERR_DLOPEN_FAILED' ? message : code}`;
}
