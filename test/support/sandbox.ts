import { spawn } from 'node:child_process';
import type { Dirent } from 'node:fs';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { systemCode } from '../../src/base/errors.ts';
import { main } from '../../src/main.ts';
import type { Environment } from '../../src/platform/env.ts';
import { fakeIo } from './fake-io.ts';

export const projectRoot = resolve(import.meta.dirname, '../..');
export const program = join(projectRoot, 'dist', 'keys.cjs');

/** What one run of `keys` left behind. */
export interface Run {
  exit: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Environment;
  stdin?: string | Buffer;
  /** The test expects a secret on stdout. Anywhere else it is a leak. */
  secretOnStdout?: boolean;
  /** Likewise on stderr. */
  secretOnStderr?: boolean;
}

export interface FakeRunOptions extends RunOptions {
  terminal?: number;
  now?: Date;
  interrupt?: AbortSignal;
  urgent?: AbortSignal;
  breakStdout?: { at: number; code: string };
}

/** The full values that the embedded authority issues, and the secrets and session tokens that tests invent. */
const secretShape =
  /(?:sk|ses)_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}|(?:sk[-_]|glpat-|npm_|tok-)\w*EXAMPLE/;

export function holdsSecret(text: string): boolean {
  return secretShape.test(text);
}

/**
 * A KEYS_HOME and a working folder for one test. When the test ends, all output and all files are searched for secrets; a
 * secret where the test did not expect one fails the test.
 */
export class Sandbox {
  readonly home: string;
  readonly cwd: string;
  readonly #root: string;
  readonly #runs: { args: readonly string[]; run: Run; options: RunOptions }[] = [];
  readonly #secretFiles = new Set<string>();
  #escrow: string | undefined;

  constructor() {
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), 'keys-test-')));
    this.home = join(this.#root, 'home');
    this.cwd = join(this.#root, 'work');
    mkdirSync(this.cwd);
    onTestFinished(() => {
      try {
        this.#sweep();
      } finally {
        rmSync(this.#root, { recursive: true, force: true });
      }
    });
  }

  /** Declares a file, relative to the working folder, that the test expects to hold a secret. */
  expectSecretIn(path: string): void {
    this.#secretFiles.add(resolve(this.cwd, path));
  }

  /** Declares that secrets may wait in the escrow of files. */
  expectEscrow(): void {
    this.#escrow = join(this.home, 'state', 'escrow');
  }

  /** Installs a provider of the user's own. */
  ownProvider(provider: { id: string }): void {
    const folder = join(this.home, 'config', 'providers');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${provider.id}.json`), JSON.stringify(provider));
  }

  read(path: string): string {
    return readFileSync(resolve(this.cwd, path), 'utf8');
  }

  /** Writes a file, relative to the working folder, and makes its folders. */
  write(path: string, text: string): void {
    const file = resolve(this.cwd, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  mode(path: string): string {
    return (statSync(resolve(this.cwd, path)).mode & 0o777).toString(8);
  }

  /** Without a code cache: in a new home, each command would only write one. */
  get env(): Environment {
    return {
      KEYS_HOME: this.home,
      HOME: this.#root,
      PATH: process.env.PATH,
      NODE_DISABLE_COMPILE_CACHE: '1',
    };
  }

  /** Runs `main` in this process, and keeps what it prints. */
  async keys(args: readonly string[], options: FakeRunOptions = {}): Promise<Run> {
    const { io, stdout, stderr } = fakeIo({
      ...options,
      cwd: this.cwd,
      env: { ...this.env, ...options.env },
    });
    const exit = await main(args, io);
    return this.keep(args, { exit, stdout: stdout(), stderr: stderr() }, options);
  }

  /** Runs the built program. */
  program(args: readonly string[], options: RunOptions = {}): Promise<Run> {
    return this.command([process.execPath, program, ...args], options);
  }

  /** Runs any command line in the sandbox's environment and folder. */
  command([command = '', ...args]: readonly string[], options: RunOptions = {}): Promise<Run> {
    return new Promise((done, fail) => {
      const child = spawn(command, args, { cwd: this.cwd, env: { ...this.env, ...options.env } });
      const pieces = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        pieces.stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        pieces.stderr += text;
      });
      child.stdin.on('error', () => {});
      child.stdin.end(options.stdin ?? '');
      child.on('error', fail);
      child.on('close', (exit) => {
        done(this.keep([command, ...args], { exit, ...pieces }, options));
      });
    });
  }

  /** Records a run made in another way, for the search at the end. */
  keep(args: readonly string[], run: Run, options: RunOptions): Run {
    this.#runs.push({ args, run, options });
    return run;
  }

  #sweep(): void {
    for (const { args, run, options } of this.#runs) {
      const where = `keys ${args.join(' ')}`;
      if (!options.secretOnStdout)
        expect(run.stdout, `stdout of ${where} holds a secret`).not.toMatch(secretShape);
      if (!options.secretOnStderr)
        expect(run.stderr, `stderr of ${where} holds a secret`).not.toMatch(secretShape);
    }
    expect(this.leaks(), 'files that hold a secret').toEqual([]);
  }

  /** The files that hold a secret and should not. */
  leaks(): string[] {
    const holders = filesBelow(this.#root).filter((file) => holdsSecret(readFileSync(file, 'latin1')));
    // A token belongs in the file store, once a user has chosen it.
    const allowed = new Set([...this.#secretFiles, join(this.home, 'data', 'tokens.json')]);
    const leaks = holders.filter((file) => !allowed.has(file) && dirname(file) !== this.#escrow);
    return leaks.map((file) => relative(this.#root, file));
  }
}

/** All plain files below a folder; other processes may add and remove files meanwhile. */
export function filesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
