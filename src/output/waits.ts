import { monotonicMs } from '../platform/monotonic.ts';

/** Nothing is shown of a shorter wait. */
const patienceMs = 300;
/** Waits that follow each other this closely are one wait for a person. */
const pauseMs = 50;
const frameMs = 80;

/**
 * What a command waits for, drawn with a spinner: the wait that began last, as soon as there has been waiting for 300 ms.
 * `draw` replaces the line; empty text removes it.
 */
export class Waits {
  readonly #texts = new Set<{ text: string }>();
  readonly #draw: (line: string) => Promise<void>;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #timer: NodeJS.Timeout | undefined;
  #since = 0;
  #endedAt = Number.NEGATIVE_INFINITY;
  #frame = 0;
  #isOver = false;

  constructor(env: Readonly<Record<string, string | undefined>>, draw: (line: string) => Promise<void>) {
    this.#env = env;
    this.#draw = draw;
  }

  async during<T>(text: string, work: () => Promise<T>): Promise<T> {
    if (this.#isOver) return work();
    const wait = { text };
    if (this.#texts.size === 0) this.#begin();
    this.#texts.add(wait);
    try {
      return await work();
    } finally {
      this.#texts.delete(wait);
      if (this.#texts.size === 0) await this.#end();
    }
  }

  /** Shows nothing more: the output has begun. */
  async finish(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#end();
  }

  #begin(): void {
    const now = monotonicMs();
    if (now - this.#endedAt > pauseMs) this.#since = now;
    this.#timer = setTimeout(() => void this.#spin(), Math.max(0, this.#since + patienceMs - now));
    this.#timer.unref();
  }

  async #spin(): Promise<void> {
    const timer = this.#timer;
    const { spinnerFrames } = await import('./spinner-frames.ts');
    if (timer !== this.#timer || timer === undefined) return;
    const frames = spinnerFrames(this.#env);
    const show = () => {
      const text = [...this.#texts].at(-1)?.text ?? '';
      void this.#draw(`${frames[this.#frame++ % frames.length]} ${text}`);
    };
    show();
    this.#timer = setInterval(show, frameMs);
    this.#timer.unref();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#endedAt = monotonicMs();
    await this.#draw('');
  }
}
