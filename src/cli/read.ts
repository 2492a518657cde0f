import { isDatabaseUrl, mayHavePassword, passwordInUrlMessage } from '../base/database-name.ts';
import { InvalidValue } from '../base/errors.ts';
import { didYouMean, nearest } from '../base/nearest.ts';
import type { Nameable, Offer } from './define.ts';

/* Readers of single values, shared by several commands. All throw `InvalidValue`. */

/** The path of a database, or the URL of one on PostgreSQL. Any other URL must not become a file name. */
export function readDatabase(text: string): string {
  if (isDatabaseUrl(text)) {
    if (mayHavePassword(text)) throw new InvalidValue(passwordInUrlMessage);
  } else if (/^[a-z][a-z\d+.-]+:\/\//i.test(text)) {
    throw new InvalidValue('expected a path or postgres://user@host:port/database');
  }
  return readText(text);
}

export function readText(text: string): string {
  return text;
}

/** A `Reader` that needs nothing but the text. */
type Offering<T> = ((text: string) => T) & { offer: Offer };

/** One of a fixed list of words. */
export function oneOf<const T extends string>(words: readonly T[]): Offering<T> {
  return offering(words, (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined)
      throw new InvalidValue(`'${text}' is not one of ${words.join(', ')}${didYouMean(text, words)}`);
    return word;
  });
}

/** The name of something that `keys` knows. It is not checked here. */
export function nameOf(kind: Nameable): Offering<string> {
  return offering(kind, (text) => text);
}

/** A reader that tells what its value can be. */
export function offering<T>(offer: Offer, read: (text: string) => T): Offering<T> {
  return Object.assign((text: string) => read(text), { offer });
}

/** `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Invalid text may be the secret itself: it is not repeated. */
export function readSource(text: string): string {
  if (/^(?:keychain:.|file:.|env:.+#[^#])/s.test(text)) return text;
  const [kind = ''] = text.split(':', 1);
  const near = kind === text ? undefined : nearest(kind, ['keychain', 'file', 'env']);
  throw new InvalidValue(
    `not a source${near ? ` (did you mean ${near}:?)` : ''}; expected keychain:NAME, file:PATH or env:PATH#NAME`,
  );
}

/** A whole number of at least 1. */
export function readCount(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || !Number.isSafeInteger(number)) {
    throw new InvalidValue(`'${text}' is not a whole number of at least 1`);
  }
  return number;
}

/** A whole number of at least 1, or `none`. */
export function readCountOrNone(text: string): number | null {
  if (text === 'none') return null;
  if (!/^\d+$/.test(text))
    throw new InvalidValue(`'${text}' is neither a whole number of at least 1 nor 'none'`);
  return readCount(text);
}

/** US dollars above 0 with at most 6 decimals. */
export function readDollars(text: string): number {
  const amount = dollarsIn(text);
  if (amount === undefined) {
    throw new InvalidValue(`'${text}' is not an amount of US dollars above 0, such as 25 or 9.50`);
  }
  return amount;
}

/** As `readDollars`, or `none`. */
export function readDollarsOrNone(text: string): number | null {
  if (text === 'none') return null;
  const amount = dollarsIn(text);
  if (amount === undefined) {
    throw new InvalidValue(
      `'${text}' is neither an amount of US dollars above 0, such as 25 or 9.50, nor 'none'`,
    );
  }
  return amount;
}

function dollarsIn(text: string): number | undefined {
  const amount = Number(text.replace(/^\$/, ''));
  return /^\$?\d{1,9}(\.\d{1,6})?$/.test(text) && amount > 0 ? amount : undefined;
}

/** A comma-separated list, trimmed, without duplicates and empty parts. */
export function readList(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ''))];
}

/** A comma-separated list, or `all`: an empty list, no restriction. */
export function readListOrAll(text: string): string[] {
  if (text.trim() === 'all') return [];
  const list = readList(text);
  if (list.length === 0) throw new InvalidValue(`'${text}' is an empty list; expected a,b,c or all`);
  return list;
}

/** `K=V`; the value may be empty. */
export function readLabel(text: string): [name: string, value: string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined || name.trim() === '') {
    throw new InvalidValue(`'${text}' is not a label; expected NAME=VALUE`);
  }
  return [name.trim(), value];
}
