import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Turns } from './turns.ts';

/*
 * Node cannot create a pipe. A shell can, and without another process: the text of a here-document is in a pipe. One shell
 * makes the pipes of all programs, because starting a process stops this one for a millisecond. What goes through the
 * pipes never reaches it, and it ends with its input, and so with this process.
 */

/** It opens the read ends of three pipes as 3, 4 and 5 for each line that it reads, and closes them at the next one. */
const script = `read -r pid rest </proc/self/stat
while read -r rest; do
exec 3<<. 4<<. 5<<.

.

.

.
echo "$pid" >&2
read -r rest
exec 3<&- 4<&- 5<&-
done`;

const turns = new Turns();
let shell: PipeShell | undefined;

/**
 * Calls `open` with the paths of three new, empty pipes, which are there until it returns. Undefined if there is no shell
 * that makes them. Rejects with what `open` throws.
 */
export async function withNewPipes<T>(open: (paths: readonly string[]) => T): Promise<T | undefined> {
  const endTurn = await turns.wait('pipes');
  try {
    shell ??= new PipeShell();
    return await shell.make(open);
  } finally {
    endTurn();
  }
}

class PipeShell {
  readonly #stdin: Socket;
  readonly #stderr: Socket;
  #hasFailed = false;
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

  /** One at a time. */
  async make<T>(open: (paths: readonly string[]) => T): Promise<T | undefined> {
    const pid = await this.#ask();
    try {
      if (pid === undefined) return undefined;
      const paths = [3, 4, 5].map((fd) => `/proc/${pid}/fd/${fd}`);
      if (paths.every(isPipe)) return open(paths);
      this.#fail();
      return undefined;
    } finally {
      this.#stdin.write('\n');
    }
  }

  /** The id of the shell's process, once it has the pipes. */
  async #ask(): Promise<string | undefined> {
    if (this.#hasFailed) return undefined;
    this.#stderr.ref();
    const text = await new Promise<string | undefined>((resolve) => {
      this.#answer = resolve;
      this.#stdin.write('\n');
    });
    this.#stderr.unref();
    if (text !== undefined && /^\d+\n$/.test(text)) return text.trim();
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
