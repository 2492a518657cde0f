import { closeSync, fstatSync, statSync, writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { KeysError, systemCode } from '../base/errors.ts';
import type { Environment } from './env.ts';
import type { StopRequests } from './stop-requests.ts';
import { stopRequests } from './stop-requests.ts';

/** An output stream of the program. */
export interface Output {
  readonly isTTY: boolean;
  /** Width in characters; undefined off a terminal. */
  readonly columns: number | undefined;
  /** Height in lines; undefined off a terminal. */
  readonly rows: number | undefined;
  /** Resolves when the system has accepted the text; rejects, for example with EPIPE, if it never will. */
  write(text: string): Promise<void>;
  /** Why output would be lost; undefined if nothing suggests that. */
  fault(): Promise<string | undefined>;
  /** For libraries that draw prompts. */
  readonly stream: Writable;
}

/** The outside world, as the program sees it. Tests pass their own. */
export interface Io extends StopRequests {
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  /** Sets the exit code in case the process ends before its command does. */
  endsWith(code: number): void;
  /** Stops the process like Ctrl-Z; resolves when it runs again. */
  suspend(): Promise<void>;
  /** Calls back whenever the process continues after it was stopped, until the returned function is called. */
  onContinue(listener: () => void): () => void;
  now(): Date;
  /** The login name of the user. */
  user(): string;
  /** `<login name>-<host>`, the default name of a key. */
  whoami(): string;
}

/** If the current folder is gone, its name is left: nothing is found there, and commands that need no folder still run. */
export function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return process.env.PWD?.startsWith('/') ? process.env.PWD : '/nonexistent';
  }
}

/** The streams, clock and environment of this process. */
export function realIo(): Io {
  process.once('exit', closeLostTerminals);
  return {
    env: process.env,
    cwd: workingFolder(),
    get stdin() {
      return process.stdin;
    },
    stdout: outputOf(1, () => process.stdout),
    stderr: outputOf(2, () => process.stderr),
    ...stopRequests(),
    endsWith(code) {
      process.exitCode = code;
    },
    suspend,
    onContinue(listener) {
      if (process.platform === 'win32') return () => {};
      process.on('SIGCONT', listener);
      return () => void process.removeListener('SIGCONT', listener);
    },
    now: () => new Date(),
    user: loginName,
    whoami: () => `${loginName()}-${hostname().split('.')[0] || 'localhost'}`,
  };
}

/** A stream to its end, as text. */
export async function readAll(stream: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(Buffer.from(piece));
  return decodeText(Buffer.concat(pieces));
}

/**
 * Node.js takes 3 ms to open a stream, a tenth of a short command, and writes to it synchronously all the same. So until
 * the stream is asked for, text goes straight to the file descriptor; to the stream if the descriptor is not ready, and
 * on Windows, whose consoles have an encoding of their own.
 */
function outputOf(descriptor: 1 | 2, open: () => NodeJS.WriteStream): Output {
  let openedTerminal: NodeJS.WriteStream | undefined;
  const stream = () => {
    // Each write reports its own failure; without a listener a closed pipe would also end the process.
    openedTerminal ??= open().on('error', () => {});
    return openedTerminal;
  };
  let isNoTerminal = false;
  // Asked for each page of a list; a descriptor that is no terminal never becomes one.
  const mayHaveTerminal = () => {
    isNoTerminal ||= !mayBeTerminal(descriptor);
    return !isNoTerminal;
  };
  const writeToStream = (data: Buffer) =>
    new Promise<void>((resolve, reject) => {
      stream().write(data, (error) => (error ? reject(failureOf(error)) : resolve()));
    });
  return {
    get isTTY() {
      return mayHaveTerminal() && Boolean(stream().isTTY);
    },
    get columns() {
      return mayHaveTerminal() ? stream().columns : undefined;
    },
    get rows() {
      return mayHaveTerminal() ? stream().rows : undefined;
    },
    async write(text) {
      const data = Buffer.from(text);
      const isDirect = openedTerminal === undefined && process.platform !== 'win32';
      const rest = isDirect ? writeNow(descriptor, data) : data;
      if (rest.length > 0) await writeToStream(rest);
    },
    fault: async () => (await import('./output-fault.ts')).outputFault(descriptor),
    get stream() {
      return stream();
    },
  };
}

/** Cheaper to ask than a stream is to open. Windows tells in its own way. */
function mayBeTerminal(descriptor: number): boolean {
  if (process.platform === 'win32') return true;
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== statSync('/dev/null', { throwIfNoEntry: false })?.rdev;
  } catch {
    // It is closed.
    return false;
  }
}

/** Writes what the descriptor accepts at once, and returns the rest. Throws as `Output.write` rejects. */
function writeNow(descriptor: number, data: Buffer): Buffer {
  let rest = data;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    if (systemCode(error) !== 'EAGAIN') throw error instanceof Error ? failureOf(error) : error;
  }
  return rest;
}

/** A closed pipe is the reader's choice; anything else, such as a full disk, is a failure to report. */
function failureOf(error: Error): Error {
  const code = systemCode(error);
  if (code === undefined || code === 'EPIPE') return error;
  return new KeysError({
    code: 'output_failed',
    message: `the output could not be written (${code})`,
    cause: error,
  });
}

/** Node.js resets terminals when it exits, and aborts if one has hung up: a descriptor that is closed is left alone. */
function closeLostTerminals(): void {
  for (const descriptor of [0, 1, 2]) {
    try {
      if (!mayBeTerminal(descriptor)) continue;
      if (!process.getBuiltinModule('node:tty').isatty(descriptor)) closeSync(descriptor);
    } catch {
      // It is closed.
    }
  }
}

/** By then a process that asked to be stopped has been stopped and runs again, or never will be. */
const suspendMs = 100;

/** Without job control in its shell, a process is not stopped: the system drops the signal. */
function suspend(): Promise<void> {
  return new Promise((resume) => {
    process.kill(0, 'SIGTSTP');
    setTimeout(resume, suspendMs);
  });
}

function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id without an entry in the password database.
    return process.env.USER || process.env.LOGNAME || 'user';
  }
}

/** Decodes bytes from outside: UTF-8, or UTF-16 as PowerShell writes it. A byte order mark is dropped. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  const isUtf16 =
    (first === 0xff && second === 0xfe) || (first !== 0 && second === 0 && bytes.length % 2 === 0);
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}
