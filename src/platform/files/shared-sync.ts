/**
 * One sync for all who wait for it. A sync that is running may have missed their changes: the next one begins when it has
 * ended, and serves everybody who has asked until then.
 */
export class SharedSync {
  readonly #sync: () => Promise<void>;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(sync: () => Promise<void>) {
    this.#sync = sync;
  }

  /** Resolves when all that was changed before this call is on disk. */
  wait(): Promise<void> {
    if (this.#next) return this.#next;
    const next = this.#running.then(() => {
      this.#next = undefined;
      return this.#sync();
    });
    this.#next = next;
    this.#running = next.catch(() => {});
    return next;
  }
}
