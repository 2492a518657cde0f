import { describe, expect, test } from 'vitest';
import { InvalidValue } from '../../src/base/errors.ts';
import {
  oneOf,
  readCount,
  readCountOrNone,
  readDatabase,
  readDollarsOrNone,
  readLabel,
  readList,
  readListOrAll,
  readText,
} from '../../src/cli/read.ts';

/** A reader with what it accepts and what it refuses. */
function describeReader<T>(
  name: string,
  read: (text: string) => T,
  accepted: readonly (readonly [text: string, value: T])[],
  refused: readonly string[],
  reason: string,
): void {
  describe(name, () => {
    test.each(accepted.map(([text, value]) => ({ text, value })))(
      'takes $text as $value',
      ({ text, value }) => {
        expect(read(text)).toEqual(value);
      },
    );

    test.each(refused.map((text) => ({ text })))("refuses '$text', and says why", ({ text }) => {
      expect(() => read(text)).toThrow(new InvalidValue(`'${text}' ${reason}`));
    });
  });
}

const huge = '9'.repeat(20);

describeReader<string>(
  'a text',
  readText,
  [
    ['', ''],
    [' a ', ' a '],
  ],
  [],
  '',
);
describeReader(
  'a word of a list',
  oneOf(['asc', 'desc']),
  [
    ['asc', 'asc'],
    ['desc', 'desc'],
  ],
  ['', 'up', 'ascending order'],
  'is not one of asc, desc',
);
describeReader(
  'a count',
  readCount,
  [
    ['1', 1],
    ['60', 60],
    ['007', 7],
  ],
  ['', '0', '00', '-1', '+1', '1.5', '1e3', '0x10', ' 1', 'one', 'none', huge, 'Infinity'],
  'is not a whole number of at least 1',
);
describeReader<number | null>(
  'a count or none',
  readCountOrNone,
  [
    ['1', 1],
    ['none', null],
  ],
  ['', 'null', '-1', '1.5', 'NONE'],
  "is neither a whole number of at least 1 nor 'none'",
);
describeReader<number | null>(
  'a count or none, of nothing',
  readCountOrNone,
  [],
  ['0', huge],
  'is not a whole number of at least 1',
);
describeReader<number | null>(
  'an amount of dollars',
  readDollarsOrNone,
  [
    ['25', 25],
    ['9.50', 9.5],
    ['$9.50', 9.5],
    ['0.000001', 0.000001],
    ['none', null],
    ['999999999', 999999999],
  ],
  [
    '',
    '0',
    '0.00',
    '-5',
    '$',
    '9,50',
    '1e3',
    '0.0000001',
    '.5',
    '5.',
    '5 $',
    '€5',
    '1000000000',
    'NaN',
    'Infinity',
    '$$5',
  ],
  "is neither an amount of US dollars above 0, such as 25 or 9.50, nor 'none'",
);
describeReader<string[]>(
  'a list',
  readList,
  [
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['a,,b,', ['a', 'b']],
    ['b,a,b', ['b', 'a']],
    ['', []],
    [',', []],
    ['a b', ['a b']],
  ],
  [],
  '',
);
describeReader<string[]>(
  'a list or all',
  readListOrAll,
  [
    ['a,b', ['a', 'b']],
    ['all', []],
    [' all ', []],
    ['all,a', ['all', 'a']],
  ],
  ['', ',', ' , '],
  'is an empty list; expected a,b,c or all',
);
describeReader<[string, string]>(
  'a label',
  readLabel,
  [
    ['team=web', ['team', 'web']],
    ['team=', ['team', '']],
    ['url=a=b', ['url', 'a=b']],
    [' team = web ', ['team', ' web ']],
    ['note=a\nb', ['note', 'a\nb']],
  ],
  ['', 'team', '=web', ' =web', '='],
  'is not a label; expected NAME=VALUE',
);

describe('the name of a database', () => {
  test('refuses a URL without repeating its password', () => {
    for (const address of [
      'postgres://ada:EXAMPLE@db.example.com/keys',
      'PostgreSQL://db.example.com/keys?password=EXAMPLE',
      'postgres://ada:EXAMPLE@db.example.com:port/keys',
      'mysql://ada:EXAMPLE@db.example.com/keys',
    ]) {
      expect(() => readDatabase(address)).toThrow(/^(?!.*EXAMPLE)(a password in|expected a path or)/);
    }
  });

  test.each([
    'keys.db',
    '/srv/keys.db',
    'C:\\keys\\keys.db',
    'C:/keys.db',
    'postgres://ada@db.example.com/keys',
    'postgresql:///keys?host=/run/postgresql',
  ])('is %s as it is written, also a URL', (name) => {
    expect(readDatabase(name)).toBe(name);
  });
});
