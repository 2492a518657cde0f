import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { KeysError } from '../errors.ts';

export interface ReadLimits {
  maxBytes: number;
  /** False: a symbolic link is refused (ELOOP). */
  follow?: boolean;
}

/**
 * The bytes of a plain file. It is opened without waiting, so that a FIFO cannot hold us up. Throws `KeysError` for what
 * is no plain file or is too big, with a message that reads on after "<path>: ", and what opening throws.
 */
export async function readBounded(path: string, { maxBytes, follow = true }: ReadLimits): Promise<Buffer> {
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants;
  const file = await open(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  try {
    const found = await file.stat();
    if (!found.isFile()) throw unusable(found.isDirectory() ? 'it is a folder' : 'it is not a plain file');
    if (found.size > maxBytes) throw tooBig(maxBytes);
    return await readUpTo(file, maxBytes);
  } finally {
    await file.close();
  }
}

/** Also where the size is not known before, as below /proc, or grows meanwhile. */
async function readUpTo(file: FileHandle, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of file.createReadStream({ autoClose: false })) {
    length += (piece as Buffer).length;
    if (length > maxBytes) throw tooBig(maxBytes);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function tooBig(maxBytes: number): KeysError {
  return unusable(`it is larger than ${maxBytes / 1024} KiB`);
}

function unusable(message: string): KeysError {
  return new KeysError({ exit: 'failed', code: 'file_unusable', message });
}
