import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { isOwnFolder, makeOwnFolder, openOwnFile } from './own-files.ts';
import { readToScratch } from './scratch.ts';

/*
 * The files of the code cache. Write access to one decides what runs, so it is a file of this user alone, in a folder of
 * this user alone, and is never read otherwise; `sudo` does not touch the cache of the user who called it. V8 crashes over
 * data that is damaged: a file is on disk before it has its name, and holds everything twice, because comparing is quicker
 * than any checksum that Node.js has loaded.
 */

export interface CodePlace {
  folder: string;
  path: string;
  /** The user of this process. */
  uid: number;
}

/** What V8 has compiled, by the stamp of its source. */
export type CompiledCode = ReadonlyMap<string, Buffer>;

/** Far more than a command compiles. */
const maxBytes = 16 * 1024 * 1024;

/** By then, the number of the process that wrote may be another one's. */
const abandonedAfterMs = 60_000;

/** Every change of a file changes it. */
export function stampOf(path: string): string {
  const { dev, ino, size, mtimeMs, ctimeMs } = statSync(path);
  return [path, dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

/** V8's data depends on V8 and how it was built. With a new installation of the program, all of it is dropped. */
function originStamp(): string {
  return [process.version, process.arch, stampOf(process.execPath), stampOf(__filename)].join(' ');
}

/*
 * The file has everything twice, one after the other: the length of the index (4 bytes), the index as JSON, then the data of
 * each script, each at a multiple of 8 bytes. A command reads what it runs: others of its runs may have used more.
 */

interface Index {
  origin: string;
  /** `offset`: from the end of the index. */
  scripts: [stamp: string, offset: number, length: number][];
}

/** Longer than most indexes. */
const headBytes = 16 * 1024;

/** What earlier runs have compiled, read when it is asked for: the file of a name is replaced, but never changed. */
export class StoredCode {
  readonly #file: number;
  readonly #places = new Map<string, { position: number; length: number }>();

  /** Throws for an index that is damaged. */
  constructor(file: number) {
    this.#file = file;
    const head = readToScratch(file, 0, headBytes);
    const length = head.readUInt32LE(0);
    const end = 8 + 2 * length;
    if (length !== head.readUInt32LE(4) || end > maxBytes) throw new RangeError('damaged');
    const json = sameHalves((end > headBytes ? readToScratch(file, 0, end) : head).subarray(8, end));
    const { origin, scripts }: Index = JSON.parse(json?.toString() ?? 'null');
    if (origin !== originStamp()) return;
    for (const [stamp, offset, size] of scripts)
      this.#places.set(stamp, { position: aligned(end) + offset, length: size });
  }

  /** Valid until the next call; undefined if there is nothing that can be used. */
  get(stamp: string): Buffer | undefined {
    const place = this.#places.get(stamp);
    if (!place) return undefined;
    try {
      const size = aligned(place.length);
      const bytes = readToScratch(this.#file, place.position, 2 * size);
      return bytes.length === 2 * size ? sameHalves(bytes)?.subarray(0, place.length) : undefined;
    } catch {
      return undefined;
    }
  }

  all(): Map<string, Buffer> {
    const code = new Map<string, Buffer>();
    for (const stamp of this.#places.keys()) {
      const data = this.get(stamp);
      if (data) code.set(stamp, Buffer.from(data));
    }
    return code;
  }
}

/** The first half of bytes whose second half is the same; undefined: they are damaged. */
function sameHalves(bytes: Buffer): Buffer | undefined {
  const half = bytes.subarray(0, bytes.length / 2);
  return half.equals(bytes.subarray(half.length)) ? half : undefined;
}

/** Undefined if there is nothing that can be used. The file stays open for as long as the process runs. */
export function readCode({ folder, path, uid }: CodePlace): StoredCode | undefined {
  const file = isOwnFolder(folder, uid) ? openOwnFile(path, uid, maxBytes) : undefined;
  if (file === undefined) return undefined;
  try {
    return new StoredCode(file);
  } catch {
    closeSync(file);
    return undefined;
  }
}

/** If another process is writing, this one keeps nothing. Never throws. */
export function writeCode(place: CodePlace, compiledCode: () => CompiledCode): void {
  if (!makeOwnFolder(place.folder, place.uid)) return;
  const { path } = place;
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.new`;
  try {
    const othersFiles = removeAbandoned(place.folder);
    if (othersFiles.some((name) => name.startsWith(`${basename(path)}.`))) return;
    const file = openSync(temporary, 'wx', 0o600);
    try {
      const content = contentOf(compiledCode());
      if (content.length > maxBytes) throw new RangeError('too large');
      writeFileSync(file, content);
      fsyncSync(file);
      if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
      renameSync(temporary, path);
    } catch {
      rmSync(temporary, { force: true });
    } finally {
      closeSync(file);
    }
  } catch {
    // Nothing can be written here.
  }
}

/**
 * Removes the files that killed processes left, and returns those that are being written. A process of another container
 * may be taken for dead: it then fails to rename its file, and keeps nothing.
 */
function removeAbandoned(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    if (!name.endsWith('.new')) return false;
    const path = join(folder, name);
    const ageMs = Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    const writer = Number(name.split('.').at(-3));
    const isBeingWritten = ageMs < abandonedAfterMs && writer !== process.pid && isRunning(writer);
    if (!isBeingWritten) rmSync(path, { recursive: true, force: true });
    return isBeingWritten;
  });
}

/** Of this user, as the folder is. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function contentOf(code: CompiledCode): Buffer {
  const index: Index = { origin: originStamp(), scripts: [] };
  let length = 0;
  for (const [stamp, data] of code) {
    index.scripts.push([stamp, length, data.length]);
    length += 2 * aligned(data.length);
  }
  const json = Buffer.from(JSON.stringify(index));
  const start = aligned(8 + 2 * json.length);
  const content = Buffer.alloc(start + length);
  for (const half of [0, 1]) {
    content.writeUInt32LE(json.length, 4 * half);
    json.copy(content, 8 + half * json.length);
  }
  for (const [stamp, offset, size] of index.scripts)
    for (const half of [0, 1]) code.get(stamp)?.copy(content, start + offset + half * aligned(size));
  return content;
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
