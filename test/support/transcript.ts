import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FakeRunOptions, Run, RunOptions, Sandbox } from './sandbox.ts';
import { filesBelow } from './sandbox.ts';

/** Text that differs from run to run, and the word that replaces it in a transcript. */
export interface Filter {
  word: string;
  pattern: RegExp;
  /** Each value gets a number of its own, `[word 1]`, `[word 2]` …, so that it can be followed from run to run. */
  isNumbered?: true;
}

/** The secrets and session tokens of the embedded authority. */
export const secrets: Filter = {
  word: 'secret',
  isNumbered: true,
  pattern: /(?:sk|ses)_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}/g,
};
/** The ids of its keys and sessions. */
export const ids: Filter = {
  word: 'id',
  isNumbered: true,
  pattern: /(?<![0-9A-Za-z_])(?=[a-z]*[0-9A-Z])[0-9A-Za-z]{16}(?![0-9A-Za-z])/g,
};
/** The beginning of a secret that lists show. */
export const prefixes: Filter = {
  word: 'prefix',
  pattern: /(?:sk|ses)_[0-9A-Za-z]{4,16}(?:…|\.\.\.)?(?![0-9A-Za-z_])/g,
};
/** RFC 3339 times, and days. */
export const times: Filter = {
  word: 'time',
  pattern: /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)?/g,
};
/** The ids of operations in the journal. */
export const operations: Filter = {
  word: 'operation',
  isNumbered: true,
  pattern: /(?<=recover |escrow\/|"operation": ?")[a-z0-9]+|^[a-z0-9]{8}(?=\t)/gm,
};
/** The folders of a sandbox. */
export const folders: Filter = {
  word: 'folder',
  isNumbered: true,
  pattern: /\/[\w./-]*\/keys-test-\w+(?:\/(?:work|home))?/g,
};
/** A port that the system has chosen. */
export const ports: Filter = { word: 'port', isNumbered: true, pattern: /(?<=127\.0\.0\.1:)\d+/g };

/**
 * Whole runs as text, for inline snapshots: the command, its exit code, all that it printed, and the files in the working
 * folder afterwards.
 */
export class Transcript {
  readonly #box: Sandbox;
  readonly #filters: readonly Filter[];
  readonly #replacements = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor(box: Sandbox, filters: readonly Filter[]) {
    this.#box = box;
    this.#filters = filters;
  }

  /** Runs `main` in this process. */
  async keys(args: readonly string[], options?: FakeRunOptions): Promise<string> {
    return this.of(args, await this.#box.keys(args, options));
  }

  /** Runs the built program. */
  async program(args: readonly string[], options?: RunOptions): Promise<string> {
    return this.of(args, await this.#box.program(args, options));
  }

  of(args: readonly string[], { exit, stdout, stderr }: Run): string {
    const command = ['keys', ...args].map((word) => (/^[\w./:@#=,+-]+$/.test(word) ? word : `'${word}'`));
    const parts = [
      `$ ${command.join(' ')}\nexit ${exit}\n`,
      section('stdout', stdout),
      section('stderr', stderr),
      section('files', this.#files()),
    ];
    return this.filtered(parts.join(''));
  }

  filtered(text: string): string {
    return this.#filters.reduce(
      (result, filter) => result.replace(filter.pattern, (value) => this.#replacement(filter, value)),
      text,
    );
  }

  #replacement({ word, isNumbered }: Filter, value: string): string {
    if (!isNumbered) return `[${word}]`;
    const known = this.#replacements.get(`${word} ${value}`);
    if (known) return known;
    const count = (this.#counts.get(word) ?? 0) + 1;
    this.#counts.set(word, count);
    this.#replacements.set(`${word} ${value}`, `[${word} ${count}]`);
    return `[${word} ${count}]`;
  }

  #files(): string {
    const files = filesBelow(this.#box.cwd).sort();
    const lines = files.map((file) => {
      const name = relative(this.#box.cwd, file);
      return `${name} (${this.#box.mode(name)}): ${readFileSync(join(this.#box.cwd, name), 'utf8').trimEnd()}\n`;
    });
    return lines.join('');
  }
}

function section(name: string, text: string): string {
  if (text === '') return '';
  return `--- ${name}\n${text}${text.endsWith('\n') ? '' : '\n(no newline)\n'}`;
}
