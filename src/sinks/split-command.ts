import { InvalidValue } from '../base/errors.ts';

/** Characters with a meaning in a shell. No shell runs here, so they would end up in an argument, which is never meant. */
const special: Readonly<Record<string, string>> = Object.fromEntries(
  [...'|&;<>()$`*?\n'].map((mark) => [mark, mark === '\n' ? 'a line break' : `'${mark}'`]),
);

/**
 * Splits a command line into a program and its arguments by the quoting rules of the POSIX shell (XCU 2.2: backslash,
 * '…' and "…"). Throws `InvalidValue` for an unclosed quote, and for unquoted characters that only a shell understands.
 */
export function splitCommand(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const mark = text[at] ?? '';
    if (mark === ' ' || mark === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (mark === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new InvalidValue("a ' is not closed");
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (mark === '"') {
      const quoted = doubleQuoted(text, at + 1);
      word = (word ?? '') + quoted.value;
      at = quoted.end;
    } else if (mark === '\\') {
      at += 1;
      if (at >= text.length) throw new InvalidValue('it ends with a backslash');
      word = (word ?? '') + text[at];
    } else if (special[mark] || (word === undefined && (mark === '#' || mark === '~'))) {
      throw forShell(special[mark] ?? `'${mark}'`);
    } else {
      word = (word ?? '') + mark;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The content of "…", from after the first quote; a backslash escapes only characters with a meaning there. */
function doubleQuoted(text: string, start: number): { value: string; end: number } {
  let value = '';
  for (let at = start; at < text.length; at++) {
    const mark = text[at] ?? '';
    if (mark === '"') return { value, end: at };
    if (mark === '$' || mark === '`') throw forShell(`'${mark}'`);
    const next = text[at + 1] ?? '';
    if (mark === '\\' && '$`"\\'.includes(next) && next !== '') {
      value += next;
      at += 1;
    } else {
      value += mark;
    }
  }
  throw new InvalidValue('a " is not closed');
}

function forShell(what: string): InvalidValue {
  return new InvalidValue(`${what} needs a shell, and none runs here: quote it, or use exec:sh -c '…'`);
}
