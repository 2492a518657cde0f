import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readLines } from '../../../src/platform/keychain/read-lines.ts';

test('lines arrive whole, however they are cut, and only a line feed ends one', async () => {
  const lines: string[] = [];
  const stream = new PassThrough();
  readLines(stream, (line) => lines.push(line));
  const bytes = Buffer.from('{"answer":"clé"}\n{"value":"a\u2028b\r"}\nnot ended');
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  await new Promise((done) => stream.end(done));
  expect(lines).toEqual(['{"answer":"clé"}', '{"value":"a\u2028b\r"}']);
});
