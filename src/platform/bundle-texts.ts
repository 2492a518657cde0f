import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stampOf } from './code-store.ts';
import { readToScratch } from './scratch.ts';

/** The text of a file of the bundle, in the wrapper that Node.js gives a CommonJS module, all of it ASCII. */
export interface BundleText {
  /**
   * Every change of the file changes it. It is taken first: the code of a file that is replaced while it is read must not pass
   * for that of the new one.
   */
  stamp: string;
  text: string;
}

/** Loads a file of the program. V8's own error would show the line with the fault, which is all of the file. */
export function loaded<T>(path: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    throw notLoaded(path, code ?? name);
  }
}

function notLoaded(path: string, reason: string): Error {
  return new Error(`${path} cannot be loaded (${reason}): install keys again`);
}

/** What goes before a file's own text. */
export const prefix = '(function (exports, require, module, __filename, __dirname) { ';
const [prefixBytes, suffixBytes] = [Buffer.from(prefix), Buffer.from('\n})')];

/**
 * The files that most commands load are one file, `scripts/build.mjs` says which: opening each would take longer than reading
 * it does. Its first line tells where their texts are, from the end of that line. As one long text, V8 keeps them apart from
 * what it collects as garbage and copies; each is a part of it.
 */
export class BundleTexts {
  readonly #packed: string;
  readonly #text: string;
  readonly #stamp: string;
  readonly #start: number;
  readonly #places: Readonly<Record<string, readonly [offset: number, length: number]>>;

  constructor(packed: string) {
    this.#packed = packed;
    this.#stamp = loaded(packed, () => stampOf(packed));
    this.#text = loaded(packed, () => textOf(packed));
    this.#start = this.#text.indexOf('\n') + 1;
    this.#places = loaded(packed, () => JSON.parse(this.#text.slice(0, this.#start)));
  }

  /** No two files of the bundle have the same name. */
  of(path: string): BundleText {
    const name = basename(path);
    const place = this.#places[name];
    if (!place) return loaded(path, () => ({ stamp: stampOf(path), text: wrapped(readFileSync(path)) }));
    const [offset, length] = place;
    const start = this.#start + offset;
    const text = this.#text.slice(start, start + length);
    if (text.length < length) throw notLoaded(this.#packed, 'it lacks its end');
    return { stamp: `${name} ${this.#stamp}`, text };
  }
}

function textOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    return readToScratch(file, 0, fstatSync(file).size).toString('latin1');
  } finally {
    closeSync(file);
  }
}

/** Strings that are joined would be copied by V8. */
function wrapped(file: Buffer): string {
  return Buffer.concat([prefixBytes, file, suffixBytes]).toString('latin1');
}
