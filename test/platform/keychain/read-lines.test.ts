import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readFirstLine, readLines } from '../../../src/platform/keychain/read-lines.ts';
import { Sandbox } from '../../support/sandbox.ts';

test('lines arrive whole, however they are cut, and only a line feed ends one', async () => {
  const lines: string[] = [];
  const stream = new PassThrough();
  readLines(stream, (line) => lines.push(line));
  const bytes = Buffer.from('{"answer":"clé"}\n{"value":"a\u2028b\r"}\nnot ended');
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  await new Promise((done) => stream.end(done));
  expect(lines).toEqual(['{"answer":"clé"}', '{"value":"a\u2028b\r"}']);
});

test('the first line is read without a stream, however long it is', () => {
  const box = new Sandbox();
  const firstLineOf = (content: string) => {
    box.write('input', content);
    const descriptor = openSync(join(box.cwd, 'input'), 'r');
    try {
      return readFirstLine(descriptor);
    } finally {
      closeSync(descriptor);
    }
  };
  const long = `{"value":"${'clé'.repeat(5000)}"}`;
  expect(firstLineOf(`${long}\n`)).toBe(long);
  expect(firstLineOf('')).toBeUndefined();
  expect(firstLineOf('not ended')).toBeUndefined();
});
