import { isCommand, isGroup } from '../commands/catalog.ts';

/** The command line, taken apart as far as needed to know which command it names. */
export interface CommandLine {
  /** The words of the command; empty where there is none. */
  words: string[];
  /** All other arguments, in order. `--json` is written as `--json=…`, so that it takes no operand for its fields. */
  rest: string[];
}

const valueFlags = new Set(['--profile', '--provider', '--url', '--format', '--timeout']);

/**
 * Finds the command among the global flags. The word after `--json` is its list of fields only if every part of it is
 * a field name; before the command, a word that is itself the only command is not a list.
 */
export function findCommand(argv: readonly string[], isField: (name: string) => boolean): CommandLine {
  const rest: string[] = [];
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    const next = argv[at + 1];
    if (word === '--') return { words, rest: [...rest, ...argv.slice(at)] };
    if (word === '--json') {
      const isList = next !== undefined && isFieldList(next, isField) && !isOnlyCommand(argv.slice(at + 1));
      rest.push(isList ? `--json=${next}` : '--json=');
      if (isList) at++;
    } else if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      if (valueFlags.has(word) && next !== undefined) rest.push(argv[++at] ?? '');
    } else {
      words.push(word);
      if (!isGroup(words.join(' '))) return { words, rest: [...rest, ...argv.slice(at + 1)] };
    }
  }
  return { words, rest };
}

/**
 * Writes each `--json` among a command's arguments as `--json=…`. `takesValue` tells which flags swallow the word
 * after them: a `--json` there is their value.
 */
export function bindJsonFields(
  rest: readonly string[],
  isField: (name: string) => boolean,
  takesValue: (flag: string) => boolean,
): string[] {
  const bound: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    const next = rest[at + 1];
    if (word === '--') return [...bound, ...rest.slice(at)];
    if (word === '--json') {
      const isList = next !== undefined && isFieldList(next, isField);
      bound.push(isList ? `--json=${next}` : '--json=');
      if (isList) at++;
    } else {
      bound.push(word);
      if (takesValue(word) && next !== undefined) bound.push(rest[++at] ?? '');
    }
  }
  return bound;
}

/** Whether JSON was asked for, as far as can be told from a command line that may be faulty. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.some(
    (word, at) =>
      word === '--json' ||
      word.startsWith('--json=') ||
      /^--format=(nd)?json$/.test(word) ||
      (word === '--format' && /^(nd)?json$/.test(flags[at + 1] ?? '')),
  );
}

function isFieldList(word: string, isField: (name: string) => boolean): boolean {
  return word.split(',').every((part) => isField(part.trim()));
}

/** `keys --json status`: the first word is a command, and no later one is. */
function isOnlyCommand([first = '', ...later]: readonly string[]): boolean {
  return (isCommand(first) || isGroup(first)) && !later.some((word) => isCommand(word) || isGroup(word));
}
