import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeysError } from '../../src/base/errors.ts';
import { readVariable, setVariable } from '../../src/sinks/dotenv.ts';
import { anyCharacter } from '../support/any-character.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const separator = fc.constantFrom('=', ' = ', '=\t', ': ');
const blanks = fc.constantFrom('', ' ', '\t ');
const comment = fc.constantFrom('', ' ', ' # why', '\t#', ' # "so"');
const written = fc.constantFrom('', 'old', 'two words', "'a # b'", '"a\\nb"', "`it's`", '"1\nB=2"', 'à');
const otherLine = fc.oneof(
  fc.constantFrom('', '# a comment', 'no assignment', 'export', '=', 'C:', '\u2028X=1', '\xa0'),
  fc
    .tuple(fc.constantFrom('A', 'B', 'export C', 'KEY_2', 'MY.KEY'), separator, written, comment)
    .map((parts) => parts.join('')),
);
const target = fc
  .tuple(
    fc.constantFrom('KEY', '  KEY', 'export KEY'),
    fc.constantFrom('=', ' =', ': '),
    blanks,
    written,
    comment,
  )
  .map(([name, sign, blank, value, rest]) =>
    // An empty value is at the sign.
    value === ''
      ? { before: name + sign, value, rest: blank + rest }
      : { before: name + sign + blank, value, rest },
  );

const lineEnd = fc.constantFrom('\n', '\r\n');
const pieces = fc.constantFrom('KEY', '\\n', ...'a= #\'"`\\\n\ré\xa0$:');
const value = fc.oneof(
  fc.stringMatching(/^[\w.-]{1,40}$/),
  fc.array(pieces, { maxLength: 8 }).map((list) => list.join('')),
  fc.string({ unit: anyCharacter }),
);

/** The new file, or undefined where it was refused. */
function attempt(file: Buffer, text: string): Buffer | undefined {
  try {
    return setVariable(file, 'KEY', text);
  } catch (error) {
    if (error instanceof KeysError) return undefined;
    throw error;
  }
}

function expectOnlyKeyChanged(before: Buffer, after: Buffer, text: string): void {
  expect(readVariable(after, 'KEY')).toBe(text);
  expect(parse(after)).toEqual({ ...parse(before), KEY: text });
}

test('dotenv reads the value back, and every byte around it stays', () => {
  let written = 0;
  fc.assert(
    fc.property(
      fc.array(otherLine, { maxLength: 4 }),
      target,
      fc.array(otherLine, { maxLength: 4 }),
      lineEnd,
      fc.boolean(),
      value,
      (above, line, below, end, mark, text) => {
        const start = (mark ? '\ufeff' : '') + above.map((other) => other + end).join('') + line.before;
        const rest = line.rest + end + below.map((other) => other + end).join('');
        const file = Buffer.from(start + line.value + rest);
        const changed = attempt(file, text);
        if (!changed) return;
        written += 1;
        expectOnlyKeyChanged(file, changed, text);
        expect(changed.subarray(0, Buffer.byteLength(start)).toString()).toBe(start);
        expect(changed.toString().endsWith(rest)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
  expect(written).toBeGreaterThan(100);
});

test('in a file of any bytes, the value is refused or all variables are read as expected', () => {
  const byte = fc.oneof(
    fc
      .constantFrom('KEY', ': ', '\r\n', 'export ', '\\n', ...'A=\'"`# \n\r\\xéà\xa0\u2028\ufeff')
      .map((text) => Buffer.from(text)),
    fc.constantFrom(0xe9, 0xa0, 0x85, 0x00).map((code) => Buffer.from([code])),
  );
  let written = 0;
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 24 }), value, (bytes, text) => {
      const file = Buffer.concat(bytes);
      const changed = attempt(file, text);
      if (!changed) return;
      written += 1;
      expectOnlyKeyChanged(file, changed, text);
    }),
    { numRuns: 300 },
  );
  expect(written).toBeGreaterThan(100);
});

test.skipIf(process.platform === 'win32')(
  'a shell that sources the file sees the same value, and runs nothing',
  () => {
    const dangerous = fc.constantFrom(
      '$(id)',
      '`id`',
      '$HOME',
      '$1',
      ' ; id',
      '&& id',
      '~',
      '!',
      '\\n',
      ...'\'"`$\\()a=#\t;|<>*? ',
    );
    const oneLine = fc.array(dangerous, { minLength: 1, maxLength: 6 }).map((list) => list.join(''));
    const files: [file: string, value: string][] = [];
    fc.assert(
      fc.property(oneLine, (text) => {
        const changed = attempt(Buffer.from('OTHER=1\n'), text);
        if (changed) files.push([changed.toString(), text]);
      }),
      { numRuns: 400 },
    );
    expect(files.length).toBeGreaterThan(100);
    const folder = temporaryFolder();
    const script = files.map(([file], number) => {
      writeFileSync(join(folder, `${number}`), file);
      return `. ./${number}; printf '%s\\0' "$KEY"`;
    });
    for (const shell of ['sh', 'bash']) {
      const output = execFileSync(shell, ['-c', script.join('\n')], { cwd: folder, encoding: 'utf8' });
      expect(output.split('\0').slice(0, -1)).toEqual(files.map(([, text]) => text));
    }
  },
);
