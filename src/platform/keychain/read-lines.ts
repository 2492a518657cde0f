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
