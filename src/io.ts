import { writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Environment } from './env.ts';
import { KeysError, systemCode } from './errors.ts';

/** An output stream of the program. */
export interface Output {
  readonly isTTY: boolean;
  /** Width in characters; undefined off a terminal. */
  readonly columns: number | undefined;
  /** Resolves when the system has taken the text; rejects, for example with EPIPE, when it never will. */
  write(text: string): Promise<void>;
  /** For libraries that draw prompts. */
  readonly stream: Writable;
}

/** Everything that the program has of the outside world. Tests pass their own. */
export interface Io {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly interrupt: AbortSignal;
  now(): Date;
  /** `<login name>-<host>`, the name proposed for a key that is given none. */
  whoami(): string;
}

/** The streams, clock and environment of this process. */
export function realIo(): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    get stdin() {
      return process.stdin;
    },
    stdout: outputOf(1, () => process.stdout),
    stderr: outputOf(2, () => process.stderr),
    interrupt: interruptSignal(),
    now: () => new Date(),
    whoami: () => `${loginName()}-${hostname().split('.')[0] || 'localhost'}`,
  };
}

/**
 * Node.js takes 3 ms to open a stream, a tenth of a short command, and writes to it synchronously all the same. So as
 * long as nobody has asked for the stream, texts go straight to the file descriptor; to the stream where that is not
 * ready to take them, and on Windows, whose consoles have an encoding of their own.
 */
function outputOf(descriptor: 1 | 2, open: () => NodeJS.WriteStream): Output {
  let opened: NodeJS.WriteStream | undefined;
  const stream = () => {
    // Each write reports its own failure; without a listener a closed pipe would also end the process.
    opened ??= open().on('error', () => {});
    return opened;
  };
  const writeToStream = (data: Buffer) =>
    new Promise<void>((done, fail) => {
      stream().write(data, (error) => (error ? fail(failureOf(error)) : done()));
    });
  return {
    get isTTY() {
      return Boolean(stream().isTTY);
    },
    get columns() {
      return stream().columns;
    },
    async write(text) {
      const data = Buffer.from(text);
      const isDirect = opened === undefined && process.platform !== 'win32';
      const rest = isDirect ? writeNow(descriptor, data) : data;
      if (rest.length > 0) await writeToStream(rest);
    },
    get stream() {
      return stream();
    },
  };
}

/** Writes what the descriptor takes at once, and gives back what is left. Throws as `Output.write` rejects. */
function writeNow(descriptor: number, data: Buffer): Buffer {
  let rest = data;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') throw error instanceof Error ? failureOf(error) : error;
  }
  return rest;
}

/** A closed pipe is the reader's choice; anything else, such as a full disk, is a failure to tell of. */
function failureOf(error: Error): Error {
  const code = systemCode(error);
  if (code === undefined || code === 'EPIPE') return error;
  return new KeysError({
    exit: 'failed',
    code: 'output_failed',
    message: `the output could not be written (${code})`,
    cause: error,
  });
}

/**
 * The first Ctrl-C asks for an orderly end: an operation that has already changed something finishes it. The second
 * one ends the process at once.
 */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(name));
  }
  return controller.signal;
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no entry in the password database.
    return process.env.USER || process.env.LOGNAME || 'user';
  }
}
