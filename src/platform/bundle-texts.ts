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
 * it does. It begins with the index: an empty line, for each file a line of its name, its offset and its length, and an empty
 * line, from the end of which the offsets count. As one long text, V8 keeps them apart from what it collects as garbage and
 * copies; each is a part of it.
 */
export class BundleTexts {
  readonly #packed: string;
  readonly #text: string;
  readonly #stamp: string;
  readonly #index: string;

  constructor(packed: string) {
    this.#packed = packed;
    this.#stamp = loaded(packed, () => stampOf(packed));
    this.#text = loaded(packed, () => textOf(packed));
    const end = this.#text.indexOf('\n\n');
    if (end === -1) throw notLoaded(packed, 'it lacks its end');
    this.#index = this.#text.slice(0, end + 2);
  }

  /** No two files of the bundle have the same name. */
  of(path: string): BundleText {
    const name = basename(path);
    const line = this.#index.indexOf(`\n${name} `);
    if (line === -1) return loaded(path, () => ({ stamp: stampOf(path), text: wrapped(readFileSync(path)) }));
    const place = this.#index.slice(line + 1, this.#index.indexOf('\n', line + 1)).split(' ');
    const [offset = 0, length = 0] = place.slice(1).map(Number);
    const start = this.#index.length + offset;
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
