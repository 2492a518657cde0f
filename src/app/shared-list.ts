import type { Key } from '../keys/key.ts';

/**
 * The list of an account for several who ask at a time: each gets one that was begun after it asked, and those who wait
 * share it.
 */
export class SharedList {
  readonly #list: () => Promise<readonly Key[]>;
  #current: Promise<unknown> = Promise.resolve();
  #next: Promise<readonly Key[]> | undefined;

  constructor(list: () => Promise<readonly Key[]>) {
    this.#list = list;
  }

  read(): Promise<readonly Key[]> {
    this.#next ??= this.#after(this.#current);
    return this.#next;
  }

  async #after(current: Promise<unknown>): Promise<readonly Key[]> {
    await current;
    this.#next = undefined;
    const list = this.#list();
    this.#current = list.catch(() => {});
    return list;
  }
}
