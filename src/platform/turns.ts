/** Callers of this process that use the same thing take turns, in the order in which they ask. */
export class Turns {
  /** By the thing that is used: how many use it or wait, and the end of the last of their turns. */
  readonly #queues = new Map<string, { length: number; end: Promise<void> }>();

  /** Resolves when it is the caller's turn, with the function that ends it; that is called once. */
  async wait(thing: string): Promise<() => void> {
    const queue = this.#queues.get(thing) ?? { length: 0, end: Promise.resolve() };
    this.#queues.set(thing, queue);
    const earlier = queue.end;
    let end = () => {};
    queue.end = new Promise((resolve) => {
      end = resolve;
    });
    queue.length += 1;
    await earlier;
    return () => {
      queue.length -= 1;
      if (queue.length === 0) this.#queues.delete(thing);
      end();
    };
  }

  /** Whether others wait for the caller's turn to end. */
  areAwaited(thing: string): boolean {
    return (this.#queues.get(thing)?.length ?? 0) > 1;
  }
}
