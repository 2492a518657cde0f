import { parseJson, parseJsonEnd } from './json-end.ts';

const maxBytes = 8 * 1024 * 1024;

/** How much is kept of the end of a longer text. */
const keptEndBytes = 64 * 1024;

/** Collects the bytes of a JSON text in at most 8 MB; of a longer text only the end counts. */
export class BoundedBuffer {
  #bytes = Buffer.allocUnsafe(4096);
  #size = 0;
  #isCut = false;

  add(piece: Buffer): void {
    if (this.#size + piece.length > maxBytes) {
      // Makes room for nearly 8 MB more, so that little is moved for what arrives.
      const keptBytes = Math.min(this.#size, keptEndBytes);
      this.#bytes.copyWithin(0, this.#size - keptBytes, this.#size);
      this.#size = keptBytes;
      this.#isCut = true;
    }
    const end = piece.subarray(Math.max(0, piece.length - (maxBytes - keptEndBytes)));
    this.#grow(this.#size + end.length);
    this.#size += end.copy(this.#bytes, this.#size);
  }

  /** The value of the text; of one that was too long, what `parseJsonEnd` finds in its last 64 KB. */
  read(): unknown {
    if (!this.#isCut) return parseJson(this.#bytes.toString('utf8', 0, this.#size));
    return parseJsonEnd(this.#bytes.toString('utf8', Math.max(0, this.#size - keptEndBytes), this.#size));
  }

  #grow(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(size, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}
