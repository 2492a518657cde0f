import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';

/** Calls back with each whole line of a stream in UTF-8, without its `\n`. `node:readline` takes longer to load. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (piece: string) => {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

/**
 * The first line from a descriptor, whose sender waits after each line for an answer. Blocks until it arrives; undefined
 * if the input ends before.
 */
export function readFirstLine(descriptor: number): string | undefined {
  const pieces: Buffer[] = [];
  for (;;) {
    const piece = Buffer.alloc(4096);
    const length = readSync(descriptor, piece);
    if (length === 0) return undefined;
    pieces.push(piece.subarray(0, length));
    if (piece[length - 1] === 0x0a) return Buffer.concat(pieces).toString().slice(0, -1);
  }
}
