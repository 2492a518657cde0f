import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';

/*
 * Node cannot create a pipe. A shell can, and without another process: the text of a here-document is in a pipe. One shell
 * makes the pipes of all programs, because starting a process stops this one for a millisecond. What goes through the
 * pipes never reaches it, and it ends with its input, and so with this process.
 */

/** The descriptors of pipes that a shell can name with one digit. */
const descriptors = [3, 4, 5, 6, 7, 8, 9];

/** It opens the read ends of new pipes for each line that it reads, and closes them at the next one. */
const script = `read -r pid rest </proc/self/stat
while read -r rest; do
exec ${descriptors.map((fd) => `${fd}<<.`).join(' ')}
${descriptors.map(() => '\n.\n').join('')}
echo "$pid" >&2
read -r rest
exec ${descriptors.map((fd) => `${fd}<&-`).join(' ')}
done`;

let shell: PipeShell | undefined;

/**
 * Calls `open` with the paths of so many new, empty pipes, 7 at most, which are there until it returns. Undefined if there is
 * no shell that makes them. Rejects with what `open` throws.
 */
export function withNewPipes<T>(
  count: number,
  open: (paths: readonly string[]) => T,
): Promise<T | undefined> {
  shell ??= new PipeShell();
  return shell.make(count, open);
}

interface Waiting {
  count: number;
  /** Undefined: there are none. */
  take(paths: readonly string[] | undefined): void;
}

class PipeShell {
  readonly #stdin: Socket;
  readonly #stderr: Socket;
  readonly #waiting: Waiting[] = [];
  #hasFailed = false;
  #isAsked = false;
  #answer = (_pid: string | undefined) => {};

  constructor() {
    const child: ChildProcess = spawn('/bin/sh', ['-c', script], {
      // Ctrl-C must not reach it, and it complains about a folder that is gone.
      detached: true,
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#stdin = child.stdin as Socket;
    this.#stderr = child.stderr as Socket;
    this.#stdin.on('error', () => {}).unref();
    this.#stderr.setEncoding('utf8').on('data', (text: string) => this.#answer(text));
    this.#stderr.unref();
    child.on('error', () => this.#fail()).on('close', () => this.#fail());
    child.unref();
  }

  make<T>(count: number, open: (paths: readonly string[]) => T): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const take: Waiting['take'] = (paths) => {
        try {
          resolve(paths && open(paths));
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.push({ count, take });
      if (!this.#isAsked) void this.#serve();
    });
  }

  /** All who have asked by the time the shell answers share its pipes, as far as they go. */
  async #serve(): Promise<void> {
    this.#isAsked = true;
    while (this.#waiting.length > 0) {
      const paths = await this.#ask();
      let taken = 0;
      while (this.#waiting[0] && taken + this.#waiting[0].count <= descriptors.length) {
        const { count, take } = this.#waiting.shift() as Waiting;
        take(this.#pipesAmong(paths?.slice(taken, taken + count)));
        taken += count;
      }
      this.#stdin.write('\n');
    }
    this.#isAsked = false;
  }

  #pipesAmong(paths: readonly string[] | undefined): readonly string[] | undefined {
    if (!this.#hasFailed && paths?.every(isPipe)) return paths;
    this.#fail();
    return undefined;
  }

  /** The paths of new pipes, once the shell has them. */
  async #ask(): Promise<readonly string[] | undefined> {
    if (this.#hasFailed) return undefined;
    this.#stderr.ref();
    const text = await new Promise<string | undefined>((resolve) => {
      this.#answer = resolve;
      this.#stdin.write('\n');
    });
    this.#stderr.unref();
    if (text !== undefined && /^\d+\n$/.test(text))
      return descriptors.map((fd) => `/proc/${text.trim()}/fd/${fd}`);
    this.#fail();
    return undefined;
  }

  #fail(): void {
    this.#hasFailed = true;
    this.#stdin.end();
    this.#answer(undefined);
  }
}

/** Empties the pipe. Some shells keep a here-document in a file. */
function isPipe(path: string): boolean {
  let reader: number | undefined;
  try {
    reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(reader).isFIFO() && readSync(reader, Buffer.alloc(2)) === 1;
  } catch {
    return false;
  } finally {
    if (reader !== undefined) closeSync(reader);
  }
}
