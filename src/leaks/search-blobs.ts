import type { ValueFinder } from './find-values.ts';
import type { GitRepository } from './git-repository.ts';
import type { LeakedValues, Place } from './leaked-values.ts';
import type { Scanned } from './search-files.ts';
import { TextSearch } from './text-search.ts';

/** The content of a file at some time, by the id under which git keeps it. */
export interface Blob {
  id: string;
  path: string;
}

export interface BlobSearch {
  repository: GitRepository;
  /** How the path of a file, from the root of the repository, is shown. */
  place(path: string): string;
  finder: ValueFinder;
  values: LeakedValues;
  checkStop(): void;
}

const newline = 0x0a;

/** Searches blobs as git prints them one after the other, in constant memory. */
export async function searchBlobs(search: BlobSearch, blobs: AsyncIterable<Blob>): Promise<Scanned> {
  const reader = new BlobReader(search);
  async function* ids(): AsyncGenerator<string> {
    for await (const blob of blobs) {
      reader.expect(blob);
      yield `${blob.id}\n`;
    }
  }
  for await (const piece of search.repository.output(['cat-file', '--batch', '--buffer'], ids())) {
    search.checkStop();
    reader.read(piece);
  }
  return reader.scanned;
}

/**
 * Reads what `git cat-file --batch` prints: `<id> <type> <size>`, the bytes and a line break for each blob, or
 * `<id> missing` for one that a partial clone lacks. https://git-scm.com/docs/git-cat-file
 */
class BlobReader {
  readonly scanned: Scanned = { files: 0, bytes: 0, unreadable: [] };
  readonly #place: BlobSearch['place'];
  readonly #text: TextSearch;
  readonly #expected: Blob[] = [];
  #current: Pick<Place, 'file' | 'blob'> = { file: '' };
  #header = '';
  /** Bytes of the blob that are to come, and the line break after it; 0: a header comes. */
  #left = 0;

  constructor({ finder, values, place }: BlobSearch) {
    this.#place = place;
    this.#text = new TextSearch(finder, (value) => values.add(value, this.#current));
  }

  /** The next one that git was asked for. */
  expect(blob: Blob): void {
    this.#expected.push(blob);
  }

  read(piece: Buffer): void {
    let at = 0;
    while (at < piece.length) at = this.#left > 0 ? this.#readBytes(piece, at) : this.#readHeader(piece, at);
  }

  #readBytes(piece: Buffer, at: number): number {
    const count = Math.min(this.#left, piece.length - at);
    const isEnd = count === this.#left;
    this.#text.write(piece.subarray(at, at + (isEnd ? count - 1 : count)));
    this.#left -= count;
    if (isEnd) this.#endBlob();
    return at + count;
  }

  #readHeader(piece: Buffer, at: number): number {
    const end = piece.indexOf(newline, at);
    this.#header += piece.toString('latin1', at, end < 0 ? piece.length : end);
    if (end < 0) return piece.length;
    this.#beginBlob();
    return end + 1;
  }

  #beginBlob(): void {
    const { id = '', path = '' } = this.#expected.shift() ?? {};
    const size = / (\d+)$/.exec(this.#header)?.[1];
    this.#header = '';
    if (size === undefined) {
      this.scanned.unreadable.push({ path: this.#place(path), reason: 'not in this clone' });
      return;
    }
    this.#current = { file: this.#place(path), blob: id };
    this.#left = Number(size) + 1;
    this.#text.begin();
  }

  #endBlob(): void {
    this.#text.end();
    if (this.#text.isBinary) return;
    this.scanned.files += 1;
    this.scanned.bytes += this.#text.bytes;
  }
}
