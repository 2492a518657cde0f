import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { inspect } from 'node:util';
import { expect, onTestFinished } from 'vitest';
import type { TokenContext } from '../../src/accounts/tokens/token-context.ts';
import type { Failure } from '../../src/base/errors.ts';
import { KeysError } from '../../src/base/errors.ts';
import type { Environment } from '../../src/platform/env.ts';
import { locatePaths } from '../../src/platform/paths.ts';
import { filesBelow } from './sandbox.ts';

/**
 * A KEYS_HOME and a working folder for one test, and the tokens that it uses. When the test ends, all kept texts and all
 * files are searched for them; a token where the test did not expect one fails the test.
 */
export class TokenBox {
  readonly root: string;
  readonly home: string;
  readonly cwd: string;
  readonly #tokens: string[] = [];
  readonly #texts: string[] = [];
  readonly #tokenFiles = new Set<string>();

  constructor(parent = tmpdir()) {
    this.root = realpathSync(mkdtempSync(join(parent, 'keys-tokens-')));
    this.home = join(this.root, 'home');
    this.cwd = join(this.root, 'work');
    mkdirSync(this.cwd);
    onTestFinished(() => {
      try {
        this.#sweep();
      } finally {
        rmSync(this.root, { recursive: true, force: true });
      }
    });
  }

  /** An invented token. It has no vendor's shape, so that masking by shape alone does not hide it. */
  token(length = 40): string {
    return this.known(`${randomBytes(length).toString('base64url').slice(0, length)}EXAMPLE`);
  }

  /** Adds a value to those that are searched for. */
  known(token: string): string {
    this.#tokens.push(token);
    return token;
  }

  get env(): Environment {
    return { KEYS_HOME: this.home, HOME: this.root, PATH: process.env.PATH };
  }

  context(env: Environment = {}, rest: Partial<TokenContext> = {}): TokenContext {
    const all = { ...this.env, ...env };
    return { env: all, cwd: this.cwd, paths: locatePaths(all, this.cwd), interactive: false, ...rest };
  }

  /** Declares a file, relative to the working folder, in which the test expects a token. */
  expectTokenIn(path: string): void {
    this.#tokenFiles.add(resolve(this.cwd, path));
  }

  mode(path: string): string {
    return (statSync(resolve(this.cwd, path)).mode & 0o777).toString(8);
  }

  /** Keeps a text for the search at the end. */
  keep(text: string): string {
    this.#texts.push(text);
    return text;
  }

  /** The failure of the work; it is searched for tokens with all its properties. */
  async failure(work: Promise<unknown>): Promise<Failure> {
    const error = await work.then(
      () => new Error('this was meant to fail'),
      (reason: unknown) => reason,
    );
    this.keep(inspect(error, { depth: 9, showHidden: true }));
    if (!(error instanceof KeysError)) throw error;
    this.keep(`${error.stack} ${JSON.stringify(error.failure)}`);
    return error.failure;
  }

  #sweep(): void {
    // A long value may have been split: search for its second half, too.
    const traces = this.#tokens.flatMap((token) => [
      token,
      Buffer.from(token).toString('base64'),
      token.slice(token.length >> 1),
    ]);
    const leaksIn = (text: string) => traces.filter((trace) => text.includes(trace));
    for (const text of this.#texts) expect(leaksIn(text), `this text holds a token: ${text}`).toEqual([]);
    const files = filesBelow(this.root).filter((file) => leaksIn(readFileSync(file, 'latin1')).length > 0);
    const leaks = files.filter((file) => !this.#tokenFiles.has(file));
    expect(
      leaks.map((file) => relative(this.root, file)),
      'files that hold a token',
    ).toEqual([]);
  }
}
