import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../base/errors.ts';
import type { FilePath } from './file-path.ts';
import type { ValueFinder } from './find-values.ts';
import type { PlacedValue } from './text-search.ts';
import { TextSearch } from './text-search.ts';

/** What some files hold. */
export interface FileReport {
  /** Files that were searched, and their size together. */
  files: number;
  bytes: number;
  /** Folders in place of files: repositories in a repository. */
  folders: FilePath[];
  unreadable: { path: FilePath; reason: string }[];
  values: (PlacedValue & { path: FilePath })[];
}

export function emptyReport(): FileReport {
  return { files: 0, bytes: 0, folders: [], unreadable: [], values: [] };
}

const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
/** A symbolic link; a file that has gone meanwhile; a socket; a device without a driver. */
const skipped = new Set(['ELOOP', 'ENOENT', 'ENOTDIR', 'ENXIO', 'ENODEV']);

/** Searches one file after the other, through one buffer. */
export class FileSearch {
  readonly #text: TextSearch;
  #report = emptyReport();
  #path: FilePath = '';

  constructor(finder: ValueFinder) {
    this.#text = new TextSearch(finder, (value) => this.#report.values.push({ ...value, path: this.#path }));
  }

  search(paths: readonly FilePath[]): FileReport {
    this.#report = emptyReport();
    for (const path of paths) this.#searchFile(path);
    return this.#report;
  }

  #searchFile(path: FilePath): void {
    this.#path = path;
    let file: number | undefined;
    try {
      // Never waits for the writer of a FIFO.
      file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
      const stats = fstatSync(file);
      if (stats.isDirectory()) this.#report.folders.push(path);
      else if (stats.isFile()) this.#read(file, stats.size);
    } catch (error) {
      const reason = systemCode(error) ?? 'unknown error';
      if (!skipped.has(reason)) this.#report.unreadable.push({ path, reason });
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  #read(file: number, size: number): void {
    const text = this.#text;
    const before = this.#report.values.length;
    this.#readAll(file, size, false);
    if (text.isMisplaced) {
      this.#report.values.length = before;
      this.#readAll(file, size, true);
    }
    if (text.isBinary) return;
    this.#report.files += 1;
    this.#report.bytes += text.bytes;
  }

  #readAll(file: number, size: number, countsLines: boolean): void {
    const text = this.#text;
    text.begin({ countsLines });
    let count = 0;
    do {
      count = readSync(file, text.space, { position: text.bytes });
      if (count > 0) text.advance(count);
      // A file ends where its size says: nothing more to ask. If it grows meanwhile, it is searched as it was.
    } while (count > 0 && !text.isBinary && text.bytes < size);
    text.end();
  }
}
