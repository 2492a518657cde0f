/** Callers of this process that use the same thing take turns, in the order in which they ask. */
export class Turns {
  /** The last turn that was asked for, by the thing that is used. */
  readonly #turns = new Map<string, Promise<void>>();

  /** Resolves when it is the caller's turn, with the function that ends it. */
  async wait(thing: string): Promise<() => void> {
    const earlier = this.#turns.get(thing);
    let end = () => {};
    const turn = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#turns.set(thing, turn);
    await earlier;
    return () => {
      if (this.#turns.get(thing) === turn) this.#turns.delete(thing);
      end();
    };
  }
}
