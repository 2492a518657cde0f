import { PassThrough } from 'node:stream';
import type { Io } from '../platform/io.ts';

/** Why a question was taken back: Ctrl-C, the end of input, Ctrl-Z, or the process was stopped and runs again. */
export type TakenBack = 'interrupted' | 'ended' | 'stopped' | 'continued';

const keys = { interrupt: '\x03', end: '\x04', quit: '\x1c', stop: '\x1a' } as const;

export interface Pressing {
  io: Pick<Io, 'stdin' | 'onContinue'>;
  /** There is no line to edit: Ctrl-D means the end of input wherever the cursor is. */
  hasNoLine: boolean;
  onTakenBack: (why: TakenBack) => void;
}

/**
 * The terminal's keys on their way to one question. readline takes them for a stream of its own; what is about the whole
 * process, and the end of input, it would settle in silence: these are taken out here.
 */
export class Keyboard extends PassThrough {
  readonly isTTY = true;
  readonly #pressing: Pressing;
  readonly #forget: () => void;
  #isOpen = true;

  constructor(pressing: Pressing) {
    super();
    this.#pressing = pressing;
    const { stdin, onContinue } = pressing.io;
    const stopListening = onContinue(() => this.#takeBack('continued'));
    const take = (piece: Buffer | string) => this.#take(String(piece));
    const end = () => this.#takeBack('ended');
    stdin.on('data', take).on('end', end).on('close', end).on('error', end).resume();
    this.#forget = () => {
      stopListening();
      stdin.removeListener('data', take).removeListener('end', end).removeListener('close', end);
      // A terminal that is gone may still say so: the listener for errors stays.
      stdin.pause();
    };
    if (stdin.readableEnded || stdin.destroyed) setImmediate(end);
  }

  /** As a terminal has it, for readline. */
  setRawMode(isRaw: boolean): this {
    const { stdin } = this.#pressing.io;
    if (!stdin.destroyed) (stdin as { setRawMode?: (isRaw: boolean) => void }).setRawMode?.(isRaw);
    return this;
  }

  /** readline pauses its input when it closes: before there is an answer, that is the end of input. */
  override pause(): this {
    this.#takeBack('ended');
    return super.pause();
  }

  /** The question is over: keys are no longer listened to. */
  close(): void {
    this.#isOpen = false;
    this.#forget();
  }

  #take(text: string): void {
    for (const key of text.split(/([\x03\x04\x1a\x1c])/)) {
      if (!this.#isOpen || key === '') continue;
      if (key === keys.interrupt || key === keys.quit) this.#takeBack('interrupted');
      else if (key === keys.stop && process.platform !== 'win32') this.#takeBack('stopped');
      else if (key === keys.end && this.#pressing.hasNoLine) this.#takeBack('ended');
      else this.write(key);
    }
  }

  #takeBack(why: TakenBack): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pressing.onTakenBack(why);
  }
}
