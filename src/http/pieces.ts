/** Pieces to join before they take much more memory than their bytes. */
const maxPieces = 1000;

/** A body that arrives in pieces. Many tiny ones take little more memory than their bytes. */
export class Pieces {
  readonly #blocks: Buffer[] = [];
  #pieces: Buffer[] = [];
  #size = 0;

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  add(piece: Buffer): void {
    this.#size += piece.length;
    if (this.#pieces.push(piece) < maxPieces) return;
    this.#blocks.push(Buffer.concat(this.#pieces));
    this.#pieces = [];
  }

  joined(): Buffer {
    return Buffer.concat([...this.#blocks, ...this.#pieces], this.#size);
  }
}
