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

/** What goes before a file's own text. */
export const prefix = '(function (exports, require, module, __filename, __dirname) { ';
const [prefixBytes, suffixBytes] = [Buffer.from(prefix), Buffer.from('\n})')];

/**
 * The files that most commands load are one file, `scripts/build.mjs` says which: opening each would take longer than reading
 * it does. Its first line tells where their texts are, from the end of that line. As one long text, V8 keeps them apart from
 * what it collects as garbage and copies; each is a part of it.
 */
export class BundleTexts {
  readonly #text: string;
  readonly #stamp: string;
  readonly #start: number;
  readonly #places: Readonly<Record<string, readonly [offset: number, length: number]>>;

  constructor(packed: string) {
    this.#stamp = stampOf(packed);
    const file = openSync(packed, 'r');
    this.#text = readToScratch(file, 0, fstatSync(file).size).toString('latin1');
    closeSync(file);
    this.#start = this.#text.indexOf('\n') + 1;
    this.#places = JSON.parse(this.#text.slice(0, this.#start));
  }

  /** No two files of the bundle have the same name. */
  of(path: string): BundleText {
    const name = basename(path);
    const place = this.#places[name];
    if (!place) return { stamp: stampOf(path), text: wrapped(readFileSync(path)) };
    const start = this.#start + place[0];
    return { stamp: `${name} ${this.#stamp}`, text: this.#text.slice(start, start + place[1]) };
  }
}

/** Strings that are joined would be copied by V8. */
function wrapped(file: Buffer): string {
  return Buffer.concat([prefixBytes, file, suffixBytes]).toString('latin1');
}
