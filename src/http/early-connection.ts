import type { Socket } from 'node:net';
import type { StopSignal } from '../platform/stop-signal.ts';
import { StopController } from '../platform/stop-signal.ts';

/** What it needs of the connections of its client. */
export interface EarlyOptions {
  /** Opens a connection; rejects once the signal aborts. */
  open: (abandoned: StopSignal) => Promise<Socket>;
  /** Destroys the socket if anything arrives, or if it is not used for long, until `unwatch`. */
  watch: (socket: Socket) => void;
  unwatch: (socket: Socket) => void;
  /** Resolves when the event loop had a chance to notice what has arrived. */
  settle: () => Promise<void>;
}

/**
 * A connection that is opened while its first user still waits for something else, such as the session token. Nothing is
 * written to it before it is taken. If it failed, ended or grew old meanwhile, its user opens another one, and reports
 * what is wrong with that.
 */
export class EarlyConnection {
  readonly #options: EarlyOptions;
  readonly #opening = new StopController();
  readonly #socket: Promise<Socket | undefined>;
  #isEstablished = false;

  constructor(options: EarlyOptions) {
    this.#options = options;
    this.#socket = options.open(this.#opening).then(
      (socket) => {
        this.#isEstablished = true;
        options.watch(socket);
        return socket;
      },
      () => undefined,
    );
  }

  /** For one user only. Undefined if there is none that can be used. */
  async take(abandoned: StopSignal | undefined): Promise<Socket | undefined> {
    const hasWaited = this.#isEstablished;
    abandoned?.addEventListener('abort', () => this.#opening.abort());
    const socket = await this.#socket;
    if (!socket) return undefined;
    if (hasWaited) await this.#options.settle();
    this.#options.unwatch(socket);
    if (abandoned?.aborted) socket.destroy();
    return socket.destroyed || !socket.writable ? undefined : socket;
  }

  close(): void {
    this.#opening.abort();
    void this.#socket.then((socket) => socket?.destroy());
  }
}
