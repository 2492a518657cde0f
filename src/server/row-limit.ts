const minute = 60_000;

/** How many rows one key may add to the log in a minute: whoever has it could fill the disk with them. */
export class RowLimit {
  readonly #most: number;
  #minute = 0;
  readonly #rows = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Counts a row, and says whether it is one too many. */
  isTooMany(keyId: string, now: number): boolean {
    const current = Math.floor(now / minute);
    if (current !== this.#minute) this.#rows.clear();
    this.#minute = current;
    const rows = (this.#rows.get(keyId) ?? 0) + 1;
    this.#rows.set(keyId, rows);
    return rows > this.#most;
  }
}
