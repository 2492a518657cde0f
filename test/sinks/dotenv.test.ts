import { describe, expect, test } from 'vitest';
import { readVariable, setVariable } from '../../src/sinks/dotenv.ts';
import { failureOf } from '../support/failure.ts';

function set(file: string, value = 'new', name = 'KEY'): string {
  return setVariable(Buffer.from(file), name, value).toString();
}

function read(file: string, name = 'KEY'): string | undefined {
  return readVariable(Buffer.from(file), name);
}

describe('setting a variable', () => {
  test.each([
    ['a bare value', 'KEY=old\n', 'KEY=new\n'],
    ['an empty value', 'KEY=\nB=1\n', 'KEY=new\nB=1\n'],
    ['single quotes', "KEY='old # one'\n", 'KEY=new\n'],
    ['double quotes', 'KEY="old # one"\n', 'KEY=new\n'],
    ['backquotes', 'KEY=`it\'s "old"`\n', 'KEY=new\n'],
    ['a value over several lines', 'A=1\nKEY="one\nB=2\nthree"\nC=3\n', 'A=1\nKEY=new\nC=3\n'],
    ['an inline comment', 'KEY=old # rotate yearly\n', 'KEY=new # rotate yearly\n'],
    ['an inline comment after quotes', 'KEY="old"# why\n', 'KEY=new# why\n'],
    ['nothing but an inline comment', 'KEY= # to be filled in\n', 'KEY=new # to be filled in\n'],
    ['white space around the sign', '  KEY =\told  \n', '  KEY =\tnew  \n'],
    ['export', 'export KEY=old\n', 'export KEY=new\n'],
    ['a colon', 'KEY: old\n', 'KEY: new\n'],
    ['Windows line ends', 'A=1\r\nKEY=old\r\nB=2\r\n', 'A=1\r\nKEY=new\r\nB=2\r\n'],
    ['no final line end', 'A=1\nKEY=old', 'A=1\nKEY=new'],
    ['a byte order mark', '\ufeffKEY=old\n', '\ufeffKEY=new\n'],
    ['a value of other alphabets', 'KEY=à la carte à\nB=ü\n', 'KEY=new\nB=ü\n'],
    ['an unmatched quote', "KEY='old\nB=2\n", 'KEY=new\nB=2\n'],
  ])('replaces %s and nothing around it', (_, file, expected) => {
    expect(set(file)).toBe(expected);
  });

  test.each([
    ['an empty file', '', 'KEY=new\n'],
    ['a file that ends in a line end', 'A=1\n', 'A=1\nKEY=new\n'],
    ['a file that does not', 'A=1', 'A=1\nKEY=new\n'],
    ['a Windows file', 'A=1\r\nB=2', 'A=1\r\nB=2\r\nKEY=new\r\n'],
    ['a file that names it in a comment', '# KEY=old\n', '# KEY=old\nKEY=new\n'],
    ['a file with longer names', 'MY_KEY=1\nKEY2=2\n', 'MY_KEY=1\nKEY2=2\nKEY=new\n'],
    ['a file that names it inside a value', 'A="\nKEY=old\n"\n', 'A="\nKEY=old\n"\nKEY=new\n'],
  ])('adds the variable at the end of %s', (_, file, expected) => {
    expect(set(file)).toBe(expected);
  });

  test('bytes that are not UTF-8 are kept, even next to the value', () => {
    const file = Buffer.from('A=caf\xe9\nKEY=old\xa0 # na\xefve\n', 'latin1');
    expect(setVariable(file, 'KEY', 'new').toString('latin1')).toBe('A=caf\xe9\nKEY=new # na\xefve\n');
  });

  test('a variable that is set twice is refused: which one counts depends on the reader', () => {
    expect(failureOf(() => set('KEY=1\nexport KEY=2\n'))).toMatchObject({
      exit: 'failed',
      code: 'variable_set_twice',
      message: 'the dotenv file sets KEY 2 times: which one counts depends on the reader',
    });
  });

  test('a file whose other variables would then be read differently is refused', () => {
    const file = `KEY=\n'one\nB=2\n'\n`;
    expect(failureOf(() => set(file)).code).toBe('dotenv_ambiguous');
  });
});

describe('writing a value', () => {
  test.each([
    ['sk_live-1.2:/+=@%,', 'KEY=sk_live-1.2:/+=@%,\n'],
    ['two words', "KEY='two words'\n"],
    ['a#b', "KEY='a#b'\n"],
    ['$HOME', "KEY='$HOME'\n"],
    ["it's", `KEY="it's"\n`],
    ['one\ntwo\r\n', 'KEY="one\\ntwo\\r\\n"\n'],
    ['$(id)', "KEY='$(id)'\n"],
    ['`id`', "KEY='`id`'\n"],
    ['a;id', "KEY='a;id'\n"],
    ['~', "KEY='~'\n"],
    ['', "KEY=''\n"],
    ['clé', "KEY='clé'\n"],
  ])('%j is written in the simplest form that reads back', (value, expected) => {
    expect(set('', value)).toBe(expected);
    expect(read(expected)).toBe(value);
  });

  test.each([[`'"\``], [`it's "both"`], ["it's $(id)"], ["it's `id`"], ["it's \\"], ['"\'`\n'], ['\\n\n']])(
    '%j cannot be written and is refused',
    (value) => {
      expect(failureOf(() => set('', value))).toMatchObject({ exit: 'failed', code: 'value_not_writable' });
    },
  );

  test('the refusal of a value does not repeat it', () => {
    expect(JSON.stringify(failureOf(() => set('', `'"\`EXAMPLE`)))).not.toContain('EXAMPLE');
  });
});

describe('reading a variable', () => {
  test.each([
    ['KEY=plain\n', 'plain'],
    ['KEY=  padded  \n', 'padded'],
    ['KEY="  kept  "\n', '  kept  '],
    ['KEY="a\\nb"\n', 'a\nb'],
    ["KEY='a\\nb'\n", 'a\\nb'],
    ['KEY=value # comment\n', 'value'],
    ['KEY="one\r\ntwo"\r\n', 'one\ntwo'],
    ['KEY=\n', ''],
    ['KEY=à\n', 'à'],
    ['\ufeffKEY=1\n', '1'],
    ['KEY=1\nKEY=2\n', '2'],
  ])('%j gives %j', (file, expected) => {
    expect(read(file)).toBe(expected);
  });

  test.each([[''], ['OTHER=1\n'], ['# KEY=1\n'], ['KEY\n'], ['A="\nKEY=1\n"\n']])(
    '%j does not set it',
    (file) => {
      expect(read(file)).toBeUndefined();
    },
  );
});
