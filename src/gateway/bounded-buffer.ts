/** How much of a document is kept, in bytes: 8 MB. */
const limit = 8 * 1024 * 1024;

/** How much is kept of the end of a longer one, in bytes: 64 KB. */
const tail = 64 * 1024;

/** Bytes of a JSON text that are collected without growing beyond 8 MB: of a longer one, only the end counts. */
export class GrowingText {
  #bytes = Buffer.allocUnsafe(4096);
  #size = 0;
  #isCut = false;

  add(piece: Buffer): void {
    if (this.#size + piece.length > limit) {
      // Room for 8 MB more: what is moved here is little against what has come.
      const kept = Math.min(this.#size, tail);
      this.#bytes.copyWithin(0, this.#size - kept, this.#size);
      this.#size = kept;
      this.#isCut = true;
    }
    const end = piece.subarray(Math.max(0, piece.length - (limit - tail)));
    this.#makeRoom(this.#size + end.length);
    this.#size += end.copy(this.#bytes, this.#size);
  }

  clear(): void {
    this.#size = 0;
    this.#isCut = false;
  }

  includes(text: string): boolean {
    return this.#bytes.subarray(0, this.#size).includes(text);
  }

  /**
   * The text as JSON; undefined where it is none. Of one that was too long: an object with its member `usage`, or one
   * whose member `response` is such an object, if that member stands in the last 64 KB.
   */
  read(): unknown {
    return this.#isCut ? this.#readEnd() : parsed(this.#bytes.toString('utf8', 0, this.#size));
  }

  #readEnd(): unknown {
    const text = this.#bytes.toString('utf8', Math.max(0, this.#size - tail), this.#size);
    // In JSON these characters are a name or a value, never a part of a string: there the quotes have backslashes.
    const ends = [...text.matchAll(/"usage"/g)]
      .slice(-16)
      .map(({ index }) => text.slice(index))
      .reverse();
    // Where it is no member of the object itself, the braces do not match; then of an object inside it.
    for (const before of ['{', '{"response":{']) {
      for (const end of ends) {
        const value = parsed(before + end);
        if (value !== undefined) return value;
      }
    }
    return undefined;
  }

  #makeRoom(size: number): void {
    if (size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(size, 2 * this.#bytes.length)));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
