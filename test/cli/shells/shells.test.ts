import { describe, expect, test } from 'vitest';
import type { Candidate } from '../../../src/cli/completion.ts';
import { bash, splitLine } from '../../../src/cli/shells/bash.ts';
import { fish, unquoted } from '../../../src/cli/shells/fish.ts';
import { powershell } from '../../../src/cli/shells/powershell.ts';
import type { Shell } from '../../../src/cli/shells/shell.ts';
import { zsh } from '../../../src/cli/shells/zsh.ts';

const wordBreaks = ' \t\n"\'><=;|&(:';

function bashReply(line: string, ...candidates: Candidate[]): string | undefined {
  return bash.read(`${wordBreaks}\0${line}\0`)?.reply({ candidates, takesFile: false });
}

describe('bash', () => {
  test.each([
    ['keys show my\\ ke', ['keys', 'show', 'my ke']],
    ["keys show 'my ke", ['keys', 'show', 'my ke']],
    ['keys show "a\\"b\\n', ['keys', 'show', 'a"b\\n']],
    ['keys show ', ['keys', 'show', '']],
    ['keys \'a\'"b"c', ['keys', 'abc']],
    ['keys list --status=ex', ['keys', 'list', '--status=ex']],
    ["keys '$(touch x)' `y` $z", ['keys', '$(touch x)', '`y`', '$z']],
  ])('splits %s as the shell does', (line, words) => {
    expect(splitLine(line, wordBreaks).map(({ text }) => text)).toEqual(words);
  });

  test.each([
    ['keys show ', "it's", "=it\\'s\n"],
    ['keys show it', 'it\'s $(x) `y` "z"', '=it\\\'s\\ \\$\\(x\\)\\ \\`y\\`\\ \\"z\\"\n'],
    ["keys show 'it", "it's", "=it'\\''s\n"],
    ['keys show "it', 'it\'s "$x" `y`', '=it\'s \\"\\$x\\" \\`y\\`\n'],
    ['keys show "it', 'it!', ''],
    ['keys show it', 'it!', '=it\\!\n'],
    ['keys create x --to file:so', 'file:some file', '=some\\ file\n'],
    ['keys create x --to "file:so', 'file:some file', '=file:some file\n'],
    ['keys show ~', '~root', '=\\~root\n'],
    ['keys show ', 'café ☕', '=café\\ ☕\n'],
    ['keys show ab"cd', 'abcdef', '=cdef\n'],
    ['keys show PRO', 'production', '=production\n'],
    // Its beginning would stay in another case.
    ['keys create x --to FILE:a', 'file:a', ''],
  ])('after %s, %s is %j', (line, value, text) => {
    expect(bashReply(line, { value })).toBe(text);
  });

  test('after a redirection, the shell completes the file', () => {
    expect(bashReply('keys list > fi', { value: 'first' })).toBe('files\n');
    expect(bash.read(`${wordBreaks}\0keys list > file --st\0`)?.line).toEqual({
      words: ['list'],
      current: '--st',
    });
  });

  test('no space follows an unfinished word', () => {
    expect(bashReply('keys create x --to f', { value: 'file:', isOpen: true })).toBe('open\n=file:\n');
    expect(bashReply('keys ', { value: 'a', isOpen: true }, { value: 'b' })).toBe('=a\n=b\n');
  });
});

describe('zsh', () => {
  test('shows what a candidate means', () => {
    const request = zsh.read('show\0\0');
    expect(request?.line).toEqual({ words: ['show'], current: '' });
    const candidates = [
      { value: 'ci', description: 'an id' },
      { value: 'file:', isOpen: true },
    ];
    expect(request?.reply({ candidates, takesFile: true })).toBe(
      'files\nended\tci\tci     -- an id\nopen\tfile:\tfile:\n',
    );
  });
});

describe('fish', () => {
  test.each([
    ['my\\ ke', 'my ke'],
    ["'my ke", 'my ke'],
    ["'it\\'s", "it's"],
    ["'a\\nb", 'a\\nb'],
    ['"a\\"b\\$c', 'a"b$c'],
    ['a"b"\'c\'', 'abc'],
  ])('%s is the word %s', (typed, word) => {
    expect(unquoted(typed)).toBe(word);
  });

  test('a candidate that is called as the mark of files is a candidate', () => {
    const request = fish.read('show\0\0');
    expect(request?.reply({ candidates: [{ value: 'files', description: 'an id' }], takesFile: false })).toBe(
      '=files\tan id\n',
    );
  });
});

describe('PowerShell', () => {
  const request = (...words: string[]) =>
    powershell.read(Buffer.from(words.map((word) => `${word}\0`).join('')).toString('base64'));

  test('the words come in base64', () => {
    expect(request('show', "'my ké")?.line).toEqual({ words: ['show'], current: 'my ké' });
  });

  test.each([
    ['plain-1.x', 'plain-1.x'],
    ["it's", "'it''s'"],
    ['a ’b‘ c', "'a ’’b‘‘ c'"],
    ['$(touch x)', "'$(touch x)'"],
    ['id,name', "'id,name'"],
    ['`x`; y', "'`x`; y'"],
    ['@{a}', "'@{a}'"],
  ])('%s is inserted as %s, and sent in ASCII', (value, text) => {
    const reply = request('show', '')?.reply({ candidates: [{ value }], takesFile: false }) ?? '';
    expect(reply).toMatch(/^[ -~]*$/);
    expect(JSON.parse(reply)).toEqual([{ text, shown: value, tip: value }]);
  });

  test('nothing is no document', () => {
    expect(request('show', '')?.reply({ candidates: [], takesFile: true })).toBe('');
  });
});

test.each<[string, Shell]>([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
  ['PowerShell', powershell],
])('the script of %s starts the installed program alone, and evaluates nothing', (_, { script }) => {
  expect(script).not.toMatch(/\beval\b|Invoke-Expression|\biex\b/);
  expect(script).toMatch(/command keys completion --words|& \$keys completion --words/);
  // The words are told on stdin: nothing of the line is an argument.
  expect(script).toMatch(/\| (?:&|command)|\|\n\s+command/);
  expect(script.split('\n').slice(0, 2).join('\n')).toContain('This file is written by: keys completion');
});
