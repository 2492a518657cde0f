/** Work that needs no permit: it is given up meanwhile, and taken again at the end. */
export type Aside = <T>(work: () => Promise<T>) => Promise<T>;

/** For work that is not bounded. */
export const directly: Aside = (work) => work();

/** Bounds how much of one kind is done at the same time. Who comes back from work aside goes before who has not begun. */
export class Permits {
  #free: number;
  readonly #returning: (() => void)[] = [];
  readonly #beginning: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Does a piece of work once there is a permit for it. Work aside is done one at a time; within other such work, at once. */
  async use<T>(work: (aside: Aside) => Promise<T>): Promise<T> {
    await this.#take(this.#beginning);
    let isAside = false;
    const aside: Aside = async (workAside) => {
      if (isAside) return workAside();
      isAside = true;
      this.#give();
      try {
        return await workAside();
      } finally {
        await this.#take(this.#returning);
        isAside = false;
      }
    };
    try {
      return await work(aside);
    } finally {
      this.#give();
    }
  }

  #take(queue: (() => void)[]): Promise<void> | undefined {
    if (this.#free === 0) return new Promise((resume) => queue.push(resume));
    this.#free -= 1;
    return undefined;
  }

  #give(): void {
    const next = this.#returning.shift() ?? this.#beginning.shift();
    if (next) next();
    else this.#free += 1;
  }
}
