import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError, systemCode } from '../../base/errors.ts';

/*
 * Files that another user may have made are opened without waiting, so that a FIFO cannot block the process, and read up
 * to a limit. The message of a failure follows "<path>: "; what opening throws is left as it is.
 */

const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;

export interface ReadLimits {
  maxBytes: number;
  /** False refuses a symbolic link (ELOOP). */
  follow?: boolean;
}

/** The bytes of a plain file. Throws `KeysError` for anything else, and for a file that is too large. */
export function readBounded(path: string, { maxBytes, follow = true }: ReadLimits): Buffer {
  const file = openSync(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile())
      throw unusable(stats.isDirectory() ? 'EISDIR: it is a folder' : 'it is not a plain file');
    if (stats.size > maxBytes) throw tooBig(maxBytes);
    const pieces = new Pieces(maxBytes);
    while (pieces.take(file)) {}
    return pieces.all;
  } finally {
    closeSync(file);
  }
}

/** How long a pipe may stay empty, with a writer and without one. */
const pipeTimeoutMs = 30_000;
const noWriterTimeoutMs = 1_000;

/**
 * The bytes of a plain file or of a pipe, such as the `/dev/fd/63` of `<(command)`. Throws `KeysError` for a folder, for
 * more than `maxBytes`, and for a pipe that stays empty.
 */
export async function readFileOrPipe(path: string, maxBytes: number): Promise<Buffer> {
  const file = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) throw unusable('EISDIR: it is a folder');
    if (stats.size > maxBytes) throw tooBig(maxBytes);
    const pieces = new Pieces(maxBytes);
    let deadline = Date.now() + pipeTimeoutMs;
    const lastWriter = Date.now() + noWriterTimeoutMs;
    for (;;) {
      const state = pieces.take(file);
      if (state === 'read') deadline = Date.now() + pipeTimeoutMs;
      else if (state === 'empty' && Date.now() > deadline) throw unusable('nothing came from it for 30 s');
      else if (state === undefined && (pieces.length > 0 || !stats.isFIFO() || Date.now() > lastWriter))
        return pieces.all;
      else await sleep(10);
    }
  } finally {
    closeSync(file);
  }
}

class Pieces {
  length = 0;
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Reads a piece; `empty`: nothing has arrived yet; undefined: the end. */
  take(file: number): 'read' | 'empty' | undefined {
    const piece = Buffer.alloc(65_536);
    const count = readNow(file, piece);
    if (count === undefined) return 'empty';
    if (count === 0) return undefined;
    this.length += count;
    if (this.length > this.#maxBytes) throw tooBig(this.#maxBytes);
    this.#pieces.push(piece.subarray(0, count));
    return 'read';
  }

  get all(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

function readNow(file: number, piece: Buffer): number | undefined {
  try {
    return readSync(file, piece);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

/** UTF-8 as text, without the byte order mark that some editors add. */
export function textOf(bytes: Buffer): string {
  return bytes.toString('utf8').replace(/^\uFEFF/, '');
}

/** Why reading failed, in words that follow the path. */
export function readFault(error: unknown): string {
  return error instanceof KeysError ? error.message : (systemCode(error) ?? 'unknown error');
}

function tooBig(maxBytes: number): KeysError {
  return unusable(`it is larger than ${maxBytes / 1024} KiB`);
}

function unusable(message: string): KeysError {
  return new KeysError({ code: 'file_unusable', message });
}
