import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mint } from '../../src/authority/key-format.ts';
import { authorityFormats, finderOf } from '../../src/leaks/sought-formats.ts';
import type { PlacedValue } from '../../src/leaks/text-search.ts';
import { blockSize, TextSearch } from '../../src/leaks/text-search.ts';
import { runs } from '../support/runs.ts';

const formats = [
  'sk-or-v1-{hex:64}',
  'SG.{base64url:22}.{base64url:43}',
  'xy-{base62:20-40}',
  'ab-{base64url:22-30}',
];
const finder = finderOf([...formats.map((text) => ({ text, provider: 'acme' })), ...authorityFormats]);
const hex = '0123456789abcdef'.repeat(4);
const router = `sk-or-v1-${hex}`;
const grid = `SG.${'a'.repeat(22)}.${'b'.repeat(43)}`;

function search(text: string | Buffer, pieceSize = Number.POSITIVE_INFINITY): PlacedValue[] {
  const values: PlacedValue[] = [];
  const search = new TextSearch(finder, (value) => values.push(value));
  const bytes = Buffer.from(text);
  search.begin();
  for (let at = 0; at < bytes.length; at += pieceSize) search.write(bytes.subarray(at, at + pieceSize));
  search.end();
  return values;
}

const valuesIn = (text: string | Buffer) => search(text).map(({ value }) => value);

test('a value is found with its line and its column', () => {
  expect(search(`a\r\nb\n  key: "${router}"\n${grid}`)).toEqual([
    { line: 3, column: 9, value: router, format: 0 },
    { line: 4, column: 1, value: grid, format: 1 },
  ]);
});

test('columns are UTF-16 units', () => {
  expect(search(`é👍…${router}`)).toMatchObject([{ line: 1, column: 5 }]);
});

test.for([
  ['quoted', `'${router}'`],
  ['in JSON inside JSON', `{\\"key\\":\\"${router}\\",\\n\\"`],
  ['after an escaped line break', `\\n${router}\\n`],
  ['after a Unicode escape', `\\u003d${router}`],
  ['in a URL', `https://example.com/?key%3D${router}&b=1`],
  ['in colour', `\u001b[31m${router}\u001b[0m`],
  ['after a name', `KEY_${router}-`],
  ['in minified code', `a=1;k="${router}",b=function(){return"${'x'.repeat(9)}"};`],
  ['with the end of the text', router],
])('a value is found %s', ([, text = '']) => {
  expect(valuesIn(text)).toEqual([router]);
});

test.for([
  ['a part of a word', `ta${router}`],
  ['longer than a value', `${router}0`],
  ['shorter', router.slice(0, -1)],
  ['of another alphabet', router.toUpperCase()],
  ['a prefix alone', 'sk-or-v1-'],
  ['made of words', 'ab-spinner-of-a-loading-page'],
  ['a row of x', `xy-${'x'.repeat(20)}`],
  ['too long for a range', `xy-${'a'.repeat(41)}`],
])('%s is no value', ([, text = '']) => {
  expect(valuesIn(text)).toEqual([]);
});

test('a value with a checksum is found in the middle of anything, and only if the checksum is right', () => {
  const { value } = mint('sk');
  const { value: session } = mint('ses');
  expect(valuesIn(`x${value}x${session}_x`)).toEqual([value, session]);
  const last = value.endsWith('0') ? '1' : '0';
  expect(valuesIn(`${value.slice(0, -1)}${last}`)).toEqual([]);
});

test('UTF-16 and UTF-8 with a byte order mark are decoded, and other binaries left out', () => {
  const text = `\ufeffa\r\né ${router}\r\n`;
  const wide = Buffer.from(text, 'utf16le');
  const expected = [{ line: 2, column: 3, value: router, format: 0 }];
  expect(search(wide)).toEqual(expected);
  expect(search(wide, 7)).toEqual(expected);
  expect(search(Buffer.from(wide).swap16())).toEqual(expected);
  expect(search(text)).toEqual(expected);
  expect(search(`${router}\0`)).toEqual([]);
});

test('a text may be longer than the buffer, and a value stand anywhere in it', () => {
  const around = fc.integer({ min: -120, max: 120 }).map((distance) => blockSize + distance);
  const property = fc.property(
    fc.oneof(around, fc.integer({ min: 0, max: 800_000 })),
    fc.constantFrom(router, grid, mint('sk').value),
    fc.constantFrom('\n', ' ', 'é', '👍', '-'),
    fc.integer({ min: 1, max: 300_000 }),
    (at, value, filler, pieceSize) => {
      const unit = Buffer.byteLength(filler);
      const before = filler.repeat(Math.floor(at / unit));
      const count = Math.floor(at / unit);
      const text = `${before}\n${value}\n${filler.repeat(1_000)}\n${value}`;
      const line = filler === '\n' ? count + 2 : 2;
      const found = search(text, pieceSize);
      expect(found).toHaveLength(2);
      expect(found[0]).toMatchObject({ line, column: 1, value });
      expect(found[1]).toMatchObject({ column: 1, value });
    },
  );
  fc.assert(property, runs(60));
});

test('a value is found wherever a block ends in it', () => {
  for (let distance = -500; distance < 1_000; distance += 11) {
    const before = ' '.repeat(blockSize + distance);
    expect(search(`${before}${router} ${grid}`).map(({ column }) => column)).toEqual([
      before.length + 1,
      before.length + router.length + 2,
    ]);
  }
});

test('the column of a value in a very long line counts from its beginning', () => {
  const found = search(`x\n${'a b,'.repeat(200_000)}${router}`);
  expect(found).toMatchObject([{ line: 2, column: 800_001, value: router }]);
});

test('without counting lines, a text says whether values have wrong places', () => {
  const values: PlacedValue[] = [];
  const search = new TextSearch(finder, (value) => values.push(value));
  const runs = [`\n${router}`, `${'\n'.repeat(2_000_000)}${router}`].map((text) => {
    search.begin({ countsLines: false });
    search.write(Buffer.from(text));
    search.end();
    return search.isMisplaced;
  });
  expect(runs).toEqual([false, true]);
  expect(values).toMatchObject([{ line: 2 }, { value: router }]);
});
