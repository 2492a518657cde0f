import { Worker } from 'node:worker_threads';
import { KeysError } from '../../base/errors.ts';
import type { ThreadProgram } from '../../platform/child-entry.ts';
import type { ThreadAnswer, ThreadRequest, ThreadSettings } from './protocol.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A thread that answers one request after the other. Started by the first one; started anew if it ended unexpectedly. */
export class Thread {
  readonly #program: ThreadProgram;
  readonly #settings: ThreadSettings;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];

  constructor(program: ThreadProgram, settings: ThreadSettings) {
    this.#program = program;
    this.#settings = settings;
  }

  /** Rejects with `KeysError` if the thread threw one, else with a defect. */
  call(request: ThreadRequest): Promise<unknown> {
    this.#worker ??= this.#start();
    const worker = this.#worker;
    // The process stays alive for an answer, and for nothing else of the thread.
    worker.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      worker.postMessage(request);
    });
  }

  /** Ends the thread after everything that it has been asked. */
  async end(): Promise<void> {
    if (!this.#worker) return;
    await this.call({ kind: 'end', now: Date.now() });
  }

  #start(): Worker {
    // No variable of the environment is for it.
    const options = { workerData: this.#settings, env: {}, execArgv: [] };
    const { source, isCode, argv } = this.#program;
    const worker = new Worker(source, { ...options, argv, eval: isCode });
    worker.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    worker.on('error', (error) => this.#giveUp(worker, error));
    worker.on('exit', () => this.#giveUp(worker, new Error('a thread of the server ended')));
    return worker;
  }

  #settle(answer: ThreadAnswer): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#worker?.unref();
    if (answer.kind === 'done') waiting?.resolve(answer.value);
    else if (answer.kind === 'failed') waiting?.reject(new KeysError(answer.failure));
    else waiting?.reject(new Error(answer.message));
  }

  #giveUp(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
