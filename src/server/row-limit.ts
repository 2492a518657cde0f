const minuteMs = 60_000;

/** How many rows one key may add to the log in a minute: its holder could fill the disk with them. */
export class RowLimit {
  readonly #maxRows: number;
  #minute = 0;
  readonly #rows = new Map<string, number>();

  constructor(maxRows: number) {
    this.#maxRows = maxRows;
  }

  /** Counts a row, and tells whether it is one too many. */
  isExceeded(keyId: string, now: number): boolean {
    const current = Math.floor(now / minuteMs);
    if (current !== this.#minute) this.#rows.clear();
    this.#minute = current;
    const rows = (this.#rows.get(keyId) ?? 0) + 1;
    this.#rows.set(keyId, rows);
    return rows > this.#maxRows;
  }
}
