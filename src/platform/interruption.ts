import { interrupted, KeysError } from '../base/errors.ts';
import type { Io } from './io.ts';
import type { StopSignal } from './stop-signal.ts';
import { StopController, whenAborted } from './stop-signal.ts';

/**
 * What Ctrl-C, SIGTERM and SIGHUP mean to one command line: one object for everything that it does, in other profiles
 * too. Before anything has changed, the first request cancels the command; after that, what has begun is finished and
 * nothing else begins. The second request ends all waiting.
 */
export class Interruption {
  readonly #io: Pick<Io, 'urgent' | 'endsWith'>;
  readonly #stop = new StopController();
  readonly #dropped = new StopController();
  readonly #asked = new StopController();
  #changes = 0;

  constructor(io: Pick<Io, 'interrupt' | 'urgent' | 'endsWith'>) {
    this.#io = io;
    whenAborted(io.urgent, () => this.#stop.abort());
    whenAborted(io.interrupt, () => this.ask());
  }

  /** Aborts when waiting has to end: nothing has begun, or this is the second request. */
  get stop(): StopSignal {
    return this.#stop;
  }

  /** Aborts when the command is cancelled before anything has begun. */
  get dropped(): StopSignal {
    return this.#dropped;
  }

  /** Aborts at the first request, whatever has begun: nothing else begins, and a wait between two attempts at a call ends. */
  get asked(): StopSignal {
    return this.#asked;
  }

  /** Something may have changed. */
  get hasBegun(): boolean {
    return this.#changes > 0;
  }

  /**
   * Call it right before changing anything. Returns a function to call if it is certain that nothing was changed after all.
   * Throws `KeysError` after a request.
   */
  begin(): () => void {
    if (this.asked.aborted) throw this.failure();
    this.#changes += 1;
    this.#io.endsWith(5);
    let isWithdrawn = false;
    return () => {
      if (isWithdrawn) return;
      isWithdrawn = true;
      this.#changes -= 1;
      if (!this.hasBegun && this.asked.aborted) this.#io.endsWith(130);
    };
  }

  /** A request to stop, by a signal or at a prompt. */
  ask(): void {
    if (this.asked.aborted) return;
    if (!this.hasBegun) {
      this.#io.endsWith(130);
      this.#dropped.abort();
      this.#stop.abort();
    }
    this.#asked.abort();
  }

  /** What an interrupted command reports: 130 if nothing has begun, else 5. */
  failure(): KeysError {
    return this.hasBegun ? cutShort() : interrupted();
  }
}

function cutShort(): KeysError {
  return new KeysError({
    exit: 'unfinished',
    code: 'interrupted',
    message: 'interrupted; what had begun was finished or is in the journal, the rest was not started',
    hints: ['keys recover --list'],
  });
}
