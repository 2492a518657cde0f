import { setMaxListeners } from 'node:events';

/** As much of an AbortSignal as code needs that only asks, or listens. */
export type StopSignal =
  | AbortSignal
  | {
      readonly aborted: boolean;
      addEventListener(type: 'abort', listener: () => void): void;
      removeEventListener(type: 'abort', listener: () => void): void;
      /** Aborts when this does. The same one for all who ask. */
      readonly abortSignal: AbortSignal;
    };

/** The signal for functions that take nothing but an AbortSignal. */
export function signalOf(signal: StopSignal): AbortSignal {
  return 'abortSignal' in signal ? signal.abortSignal : signal;
}

/** Calls back when the signal aborts; at once if it has. */
export function whenAborted(signal: StopSignal, listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener('abort', listener);
}

/**
 * A signal and its controller. Node.js takes 2 ms, a tenth of a short command, to load and set up its own, which is made
 * here if it is asked for.
 */
export class StopController {
  readonly #listeners = new Set<() => void>();
  #isAborted = false;
  #own: AbortController | undefined;

  get aborted(): boolean {
    return this.#isAborted;
  }

  get abortSignal(): AbortSignal {
    this.#own ??= this.#makeOwn();
    return this.#own.signal;
  }

  /** Calls the listeners in their order, once. */
  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.#isAborted) this.#listeners.add(listener);
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    this.#listeners.delete(listener);
  }

  #makeOwn(): AbortController {
    const own = new AbortController();
    // As many requests listen as run at a time.
    setMaxListeners(0, own.signal);
    whenAborted(this, () => own.abort());
    return own;
  }
}
