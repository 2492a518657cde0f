import type { Use } from '../authority/use.ts';

/** Rows in the log for refused uses of one key in a minute; the others are counted without one. */
const mostRows = 60;

const minute = 60_000;

/** Whoever has a key that is refused could fill the disk with it. */
export class RefusalRows {
  #minute = 0;
  readonly #rows = new Map<string, number>();

  /** Whether a use is one too many to be told of in a row of its own. */
  isTooMany({ keyId, requests, statusCode }: Use, now: number): boolean {
    if (requests > 0 || statusCode < 400) return false;
    const current = Math.floor(now / minute);
    if (current !== this.#minute) this.#rows.clear();
    this.#minute = current;
    const rows = (this.#rows.get(keyId) ?? 0) + 1;
    this.#rows.set(keyId, rows);
    return rows > mostRows;
  }
}
