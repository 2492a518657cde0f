import type { IPty } from '@lydell/node-pty';
import { spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../src/platform/env.ts';
import type { Sandbox } from './sandbox.ts';
import { program } from './sandbox.ts';
import { screenOf } from './screen.ts';

export interface TerminalOptions {
  columns?: number;
  env?: Environment;
  /** The test expects a secret on the screen. */
  secretShown?: boolean;
}

/** A program in a real terminal of its own, and a keyboard to type on. */
export class Terminal {
  /** The exit code, once all output has arrived. */
  readonly ended: Promise<number>;
  readonly #process: IPty;
  readonly #columns: number;
  #output = '';
  #hasEnded = false;
  #onChange = () => {};

  constructor(box: Sandbox, [command = '', ...args]: readonly string[], options: TerminalOptions = {}) {
    const { columns = 100, env, secretShown = false } = options;
    this.#columns = columns;
    this.#process = spawn(command, args, {
      name: env?.TERM ?? 'xterm-256color',
      cols: columns,
      rows: 40,
      cwd: box.cwd,
      env: { ...box.env, ...env },
    });
    this.#process.onData((text) => {
      this.#output += text;
      this.#onChange();
    });
    this.ended = new Promise((done) => {
      this.#process.onExit(({ exitCode }) => {
        this.#hasEnded = true;
        const run = { exit: exitCode, stdout: this.#output, stderr: '' };
        box.keep([command, ...args], run, { secretOnStdout: secretShown });
        this.#onChange();
        done(exitCode);
      });
    });
    onTestFinished(() => {
      if (!this.#hasEnded) this.#process.kill('SIGKILL');
    });
  }

  /** Everything that was sent to the terminal, escape sequences included. */
  get output(): string {
    return this.#output;
  }

  /** What a user reads there, line by line. */
  get screen(): string {
    return screenOf(this.#output, this.#columns);
  }

  /** Resolves when this text has been sent this many times; rejects if the program ends first. */
  shows(text: string, times = 1): Promise<void> {
    return new Promise((done, fail) => {
      const look = () => {
        if (this.#output.split(text).length > times) done();
        else if (this.#hasEnded) fail(new Error(`ended without showing '${text}':\n${this.#output}`));
      };
      this.#onChange = look;
      look();
    });
  }

  /** Resolves when nothing has been sent for a moment. */
  async rests(): Promise<void> {
    for (let seen = -1; seen !== this.#output.length; ) {
      seen = this.#output.length;
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }

  /** Answers each question when it is there. */
  async answers(pairs: readonly (readonly [question: string, keys: string])[]): Promise<void> {
    for (const [question, keys] of pairs) {
      await this.shows(question);
      await this.rests();
      for (const key of keys.match(/\x1b\[.|[^\x1b]+/g) ?? []) {
        this.type(key);
        await this.rests();
      }
    }
  }

  /** Sends a signal to the program itself. */
  kill(signal: NodeJS.Signals): void {
    process.kill(this.#process.pid, signal);
  }

  /** Hangs up, as a closed terminal window does. No more output arrives. */
  hangUp(): void {
    this.#hasEnded = true;
    (this.#process as IPty & { destroy(): void }).destroy();
  }

  /** Gives the terminal another width. */
  resize(columns: number): void {
    this.#process.resize(columns, 40);
  }

  type(text: string): void {
    this.#process.write(text);
  }
}

/** `keys` in a terminal. */
export function keysIn(box: Sandbox, args: readonly string[], options: TerminalOptions = {}): Terminal {
  return new Terminal(box, [process.execPath, program, ...args], options);
}

/** A line of bash in a terminal; in it `"$0" "$1"` is `keys`. */
export function bashIn(box: Sandbox, line: string, options: TerminalOptions = {}): Terminal {
  return new Terminal(box, ['bash', '-o', 'pipefail', '-c', line, process.execPath, program], options);
}
