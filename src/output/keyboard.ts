import { PassThrough } from 'node:stream';
import type { Io } from '../platform/io.ts';

/** Why a prompt was withdrawn: Ctrl-C, end of input, Ctrl-Z, or the process was stopped and continued. */
export type Withdrawal = 'interrupted' | 'ended' | 'stopped' | 'continued';

/** What a prompt is drawn with. */
export interface Drawing {
  input: Keyboard;
  output: Io['stderr']['stream'];
  /** Aborts when the prompt is withdrawn. */
  signal: AbortSignal;
}

const keys = { interrupt: '\x03', end: '\x04', quit: '\x1c', stop: '\x1a' } as const;

export interface KeyboardOptions {
  io: Pick<Io, 'stdin' | 'onContinue'>;
  /** There is no line to edit: Ctrl-D always means end of input. */
  hasNoLine: boolean;
  onWithdrawal: (why: Withdrawal) => void;
}

/** Ignores an error that no longer matters. */
function ignore(): void {}

/**
 * The terminal's keys on their way to one prompt. readline would silently handle the keys that concern the whole process,
 * and the end of input: those are intercepted here.
 */
export class Keyboard extends PassThrough {
  readonly isTTY = true;
  readonly #options: KeyboardOptions;
  readonly #forget: () => void;
  #isOpen = true;

  constructor(options: KeyboardOptions) {
    super();
    this.#options = options;
    const { stdin, onContinue } = options.io;
    const stopListening = onContinue(() => this.#withdraw('continued'));
    const take = (piece: Buffer | string) => this.#take(String(piece));
    const end = () => this.#withdraw('ended');
    stdin.on('data', take).on('end', end).on('close', end).on('error', end).resume();
    this.#forget = () => {
      stopListening();
      // A lost terminal may still report errors: one listener stays, however many prompts there were.
      if (!stdin.listeners('error').includes(ignore)) stdin.on('error', ignore);
      for (const event of ['end', 'close', 'error']) stdin.removeListener(event, end);
      stdin.removeListener('data', take).pause();
    };
    if (stdin.readableEnded || stdin.destroyed) setImmediate(end);
  }

  /** readline expects this of a terminal. */
  setRawMode(isRaw: boolean): this {
    const { stdin } = this.#options.io;
    if (!stdin.destroyed) (stdin as { setRawMode?: (isRaw: boolean) => void }).setRawMode?.(isRaw);
    return this;
  }

  /** readline pauses its input when it closes: without an answer, that is end of input. */
  override pause(): this {
    this.#withdraw('ended');
    return super.pause();
  }

  /** Stops listening: the prompt has its answer. */
  close(): void {
    this.#isOpen = false;
    this.#forget();
  }

  #take(text: string): void {
    for (const key of text.split(/([\x03\x04\x1a\x1c])/)) {
      if (!this.#isOpen || key === '') continue;
      if (key === keys.interrupt || key === keys.quit) this.#withdraw('interrupted');
      else if (key === keys.stop && process.platform !== 'win32') this.#withdraw('stopped');
      else if (key === keys.end && this.#options.hasNoLine) this.#withdraw('ended');
      else this.write(key);
    }
  }

  #withdraw(why: Withdrawal): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#options.onWithdrawal(why);
  }
}
