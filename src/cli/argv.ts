import type { Catalog } from './catalog.ts';
import { commandNamed, isGroup } from './catalog.ts';

/** A command line, split as far as needed to know its command. */
export interface CommandLine {
  /** The words of the command; empty if there is none. */
  words: string[];
  /** All other arguments, in order. `--json` becomes `--json=…`, so that it never takes an operand for its fields. */
  rest: string[];
}

const globalValueFlags = new Set(['--profile', '--provider', '--url', '--format', '--fields', '--timeout']);

/**
 * Finds the command among the global flags. The word after `--json` is its list of fields only if every part of it is
 * a field name; before the command, a word that is itself the only command is not a list.
 */
export function findCommand(
  argv: readonly string[],
  catalog: Catalog,
  isField: (name: string) => boolean,
): CommandLine {
  const rest: string[] = [];
  const words: string[] = [];
  const grammar: Grammar = {
    takesValue: (flag) => globalValueFlags.has(flag),
    isFieldList: (following) => isFieldList(following, isField) && !isOnlyCommand(following, catalog),
  };
  for (const { kind, texts, end } of tokens(argv, grammar)) {
    if (kind === 'word') words.push(...texts);
    else rest.push(...texts);
    if (kind === 'word' && !isGroup(catalog, words.join(' ')))
      return { words, rest: [...rest, ...argv.slice(end)] };
  }
  return { words, rest };
}

/**
 * Rewrites each `--json` among a command's arguments as `--json=…`. `takesValue` tells which flags take the next word as
 * their value, even if that is `--json`.
 */
export function bindJsonFields(
  rest: readonly string[],
  isField: (name: string) => boolean,
  takesValue: (flag: string) => boolean,
): string[] {
  const grammar: Grammar = { takesValue, isFieldList: (following) => isFieldList(following, isField) };
  return [...tokens(rest, grammar)].flatMap(({ texts }) => texts);
}

/** Decides how many words a flag takes. */
interface Grammar {
  takesValue(flag: string): boolean;
  /** Whether the first of the words after `--json` is its list of fields. */
  isFieldList(following: readonly string[]): boolean;
}

interface Token {
  /** `end`: `--` and everything after it. */
  kind: 'word' | 'flag' | 'end';
  /** The words of the token; `--json` and its fields are one. */
  texts: readonly string[];
  /** Where the next token begins. */
  end: number;
}

function* tokens(argv: readonly string[], grammar: Grammar): Generator<Token> {
  let at = 0;
  while (at < argv.length) {
    const token = tokenAt(argv, at, grammar);
    yield token;
    at = token.end;
  }
}

function tokenAt(argv: readonly string[], at: number, { takesValue, isFieldList }: Grammar): Token {
  const word = argv[at] ?? '';
  const following = argv.slice(at + 1);
  if (word === '--') return { kind: 'end', texts: argv.slice(at), end: argv.length };
  if (word === '--json') {
    const hasList = isFieldList(following);
    return { kind: 'flag', texts: [`--json=${hasList ? following[0] : ''}`], end: at + (hasList ? 2 : 1) };
  }
  if (!word.startsWith('-') || word === '-') return { kind: 'word', texts: [word], end: at + 1 };
  const end = Math.min(at + (takesValue(word) ? 2 : 1), argv.length);
  return { kind: 'flag', texts: argv.slice(at, end), end };
}

/** Whether a command line, which may be invalid, asks for JSON. */
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

/** Whether a command line, which may be invalid, asks for text without colours. */
export function withoutColor(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end < 0 ? argv : argv.slice(0, end)).includes('--no-color');
}

function isFieldList([word]: readonly string[], isField: (name: string) => boolean): boolean {
  return word?.split(',').every((part) => isField(part.trim())) ?? false;
}

/** `keys --json status`: the first word is a command, and no later word is. */
function isOnlyCommand([first = '', ...later]: readonly string[], catalog: Catalog): boolean {
  const isName = (word: string) => commandNamed(catalog, [word]) !== undefined || isGroup(catalog, word);
  return isName(first) && !later.some(isName);
}
