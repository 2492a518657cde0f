import { readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { FakeRunOptions, Run, RunOptions, Sandbox } from './sandbox.ts';
import { filesBelow } from './sandbox.ts';
import type { Terminal } from './terminal.ts';

const maxFileBytes = 64 * 1024;

/** Text that differs from run to run, and the word that replaces it in a transcript. */
export interface Filter {
  word: string;
  pattern: RegExp;
  /** Each value gets a number of its own, `[word 1]`, `[word 2]` …, so that it can be followed from run to run. */
  isNumbered?: true;
  /** Pads the replacement to the length of the value: a table stays one. */
  keepsWidth?: true;
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
/** Such ids in the columns of a table; goes before `ids`. */
export const idColumns: Filter = {
  ...ids,
  pattern: new RegExp(`${ids.pattern.source}(?= {2})`, 'g'),
  keepsWidth: true,
};
/** The beginning of a secret that lists show. */
export const prefixes: Filter = {
  word: 'prefix',
  pattern: /(?:sk|ses)_[0-9A-Za-z]{4,16}(?:…|\.\.\.)?(?![0-9A-Za-z_])/g,
};
/** RFC 3339 times, and days. */
export const times: Filter = {
  word: 'time',
  pattern: /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z)?/g,
};
/** The ids of operations in the journal. */
export const operations: Filter = {
  word: 'operation',
  isNumbered: true,
  pattern:
    /(?<=recover |escrow\/|operations\/|"operation": ?"|Operation {2})[a-z0-9]{8}\b|^[a-z0-9]{8}(?=\t)|\b[a-z0-9]{8}(?= is unfinished| {2}create| {2}rotate)/gm,
};
/** The folders of a sandbox. */
export const folders: Filter = {
  word: 'folder',
  isNumbered: true,
  pattern: /\/[\w./-]*\/keys-test-\w+(?:\/(?:work|home))?/g,
};
/** Why the keychain of this machine cannot be opened. */
export const keychainFaults: Filter = {
  word: 'fault',
  pattern: /(?<=no Secret Service is available \().*?(?=\)(?:"|$))/gm,
};
/** What requests of `keys` say about the program and its surroundings. */
export const userAgents: Filter = { word: 'program', pattern: /keys\/\S+ \(node \S+; \w+\)/g };
/** How long something took. */
export const durations: Filter = { word: 'duration', pattern: /(?<=\bin )\d+ ms/g };
/** The character that begins a colour or a movement of the cursor. */
export const escapes: Filter = { word: 'esc', pattern: /\u001b/g };
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

  /** Several runs of `main`, one after the other, and the files after the last. */
  async all(lines: readonly (readonly string[])[], options?: FakeRunOptions): Promise<string> {
    const parts: string[] = [];
    for (const args of lines) {
      const { exit, stdout, stderr } = await this.#box.keys(args, options);
      const output = section('stdout', stdout) + section('stderr', stderr);
      parts.push(`$ ${commandLine(args)}\nexit ${exit}\n${output}`);
    }
    return this.filtered(parts.join('') + section('files', this.#files()));
  }

  /** Runs the built program. */
  async program(args: readonly string[], options?: RunOptions): Promise<string> {
    return this.of(args, await this.#box.program(args, options));
  }

  /** A run of `keys` with these arguments, made in another way. */
  of(args: readonly string[], run: Run): string {
    return this.line(commandLine(args), run);
  }

  /** A run of any command line. */
  line(command: string, { exit, stdout, stderr }: Run): string {
    return this.#text(command, exit, section('stdout', stdout) + section('stderr', stderr));
  }

  /** A run of any command line, without the files. */
  printed(command: string, { exit, stdout, stderr }: Run): string {
    return this.filtered(
      `$ ${command}\nexit ${exit}\n${section('stdout', stdout)}${section('stderr', stderr)}`,
    );
  }

  /** What a terminal shows when its program has ended. */
  async screen(command: string, terminal: Terminal): Promise<string> {
    const exit = await terminal.ended;
    return this.#text(command, exit, section('screen', terminal.screen));
  }

  #text(command: string, exit: number | null, output: string): string {
    return this.filtered(`$ ${command}\nexit ${exit}\n${output}${section('files', this.#files())}`);
  }

  filtered(text: string): string {
    return this.#filters.reduce(
      (result, filter) =>
        result.replace(filter.pattern, (value) =>
          this.#replacement(filter, value).padEnd(filter.keepsWidth ? value.length : 0),
        ),
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
    const names = filesBelow(this.#box.cwd).map((file) => relative(this.#box.cwd, file));
    const lines = names
      .filter((name) => !name.startsWith('.git/'))
      .sort()
      .map((name) => `${name} (${this.#modeOf(name)}): ${contentOf(join(this.#box.cwd, name))}\n`);
    return lines.join('');
  }

  /** Without the bits that depend on the machine's umask. */
  #modeOf(name: string): string {
    return (Number.parseInt(this.#box.mode(name), 8) & ~0o022).toString(8);
  }
}

function contentOf(file: string): string {
  if (statSync(file).size > maxFileBytes) return '(large)';
  const text = readFileSync(file, 'utf8');
  return text.includes('\0') ? '(binary)' : text.trimEnd();
}

/** `keys` with these arguments, as one types it in a shell. */
export function commandLine(args: readonly string[]): string {
  return ['keys', ...args].map((word) => (/^[\w./:@#=,+-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

function section(name: string, text: string): string {
  if (text === '') return '';
  return `--- ${name}\n${text}${text.endsWith('\n') ? '' : '\n(no newline)\n'}`;
}
