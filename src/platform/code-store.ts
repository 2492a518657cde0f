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
import { isOwnFolder, makeOwnFolder, readOwnFile } from './own-files.ts';

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
 * The file is the same bytes twice: the length of the index (4 bytes), the index as JSON, then the data of each script,
 * each at a multiple of 8 bytes, as V8 wants it.
 */

interface Index {
  origin: string;
  scripts: [stamp: string, offset: number, length: number][];
}

/** Empty if there is nothing that can be used. */
export function readCode({ folder, path, uid }: CodePlace): CompiledCode {
  try {
    const bytes = isOwnFolder(folder, uid) ? readOwnFile(path, uid, maxBytes) : undefined;
    const content = bytes?.subarray(0, bytes.length / 2);
    if (!bytes || !content?.equals(bytes.subarray(content.length))) return new Map();
    const indexEnd = 4 + content.readUInt32LE(0);
    const { origin, scripts }: Index = JSON.parse(content.toString('utf8', 4, indexEnd));
    if (origin !== originStamp()) return new Map();
    const start = aligned(indexEnd);
    return new Map(
      scripts.map(([stamp, offset, length]) => [
        stamp,
        content.subarray(start + offset, start + offset + length),
      ]),
    );
  } catch {
    return new Map();
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
      if (2 * content.length > maxBytes) throw new RangeError('too large');
      writeFileSync(file, content);
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
    length += aligned(data.length);
  }
  const json = Buffer.from(JSON.stringify(index));
  const content = Buffer.alloc(aligned(4 + json.length) + length);
  content.writeUInt32LE(json.length);
  json.copy(content, 4);
  let offset = aligned(4 + json.length);
  for (const data of code.values()) {
    data.copy(content, offset);
    offset += aligned(data.length);
  }
  return content;
}

function aligned(length: number): number {
  return Math.ceil(length / 8) * 8;
}
