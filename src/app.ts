import type { GlobalInput } from './commands/global-flags.ts';
import type { Profile } from './config.ts';
import { readConfig } from './config.ts';
import { setting } from './env.ts';
import { interrupted } from './errors.ts';
import type { Io } from './io.ts';
import type { Key } from './lifecycle/key.ts';
import { withSuperseded } from './lifecycle/key.ts';
import type { KeyBackend } from './lifecycle/ports.ts';
import type { OutputSettings, Result } from './output/present.ts';
import { present } from './output/present.ts';
import { visibleLines } from './output/sanitise.ts';
import type { Paths } from './paths.ts';
import { locatePaths } from './paths.ts';
import { chooseProfile } from './profile.ts';
import { maskSecrets } from './secret.ts';

const defaultTimeout = 30_000;

/** The services that commands use. Each is made when it is first asked for, and loads its code only then. */
export class App {
  readonly io: Io;
  readonly globals: GlobalInput;
  readonly output: OutputSettings;
  /** True from the moment at which something may have changed; until then Ctrl-C ends the program at once. */
  hasBegun = false;
  #backend: Promise<KeyBackend> | undefined;

  constructor(io: Io, globals: GlobalInput) {
    this.io = io;
    this.globals = globals;
    const format = globals.format ?? (globals.json ? 'json' : undefined);
    const fields = globals.json && globals.json.length > 0 ? globals.json : undefined;
    this.output = { format, fields, noColor: globals.noColor };
  }

  get now(): Date {
    return this.io.now();
  }

  /** Milliseconds to wait for others. */
  get timeout(): number {
    return this.globals.timeout ?? defaultTimeout;
  }

  get paths(): Paths {
    return locatePaths(this.io.env, this.io.cwd);
  }

  async profile(): Promise<Profile> {
    return chooseProfile(await readConfig(this.paths.configFile), this.io.env, this.globals);
  }

  backend(): Promise<KeyBackend> {
    this.#backend ??= this.#openBackend();
    return this.#backend;
  }

  /** Every key of the profile, newest first. */
  async keys(): Promise<Key[]> {
    const { name, provider } = await this.profile();
    const keys = await (await this.backend()).list();
    return withSuperseded(keys).map((key) => ({ ...key, provider, profile: name }));
  }

  /** Whether results are printed as tables and cards. */
  get forPeople(): boolean {
    return (this.output.format ?? (this.io.stdout.isTTY ? 'table' : undefined)) === 'table';
  }

  /** Whether a person can be asked something. */
  get interactive(): boolean {
    const { env, stdin, stderr } = this.io;
    if (this.globals.noInput || setting(env, 'KEYS_NO_INPUT') || setting(env, 'CI')) return false;
    return Boolean(stdin.isTTY) && stderr.isTTY;
  }

  async ask(question: string, proposal?: string): Promise<string> {
    return (await import('./output/prompt.ts')).askText(this.io, question, proposal);
  }

  /** Ctrl-C cuts a listing short; what tells of a change is printed in full. */
  print(result: Result): Promise<void> {
    return present(this.io, this.output, result, this.hasBegun ? undefined : this.io.interrupt);
  }

  /** Something good to know; not with `--quiet`. */
  async note(text: string): Promise<void> {
    if (!this.globals.quiet) await this.#say(text);
  }

  async warn(text: string): Promise<void> {
    await this.#say(`warning: ${text}`);
  }

  async debug(text: string): Promise<void> {
    if (this.globals.debug || setting(this.io.env, 'KEYS_DEBUG')) await this.#say(`debug: ${text}`);
  }

  /** To be called right before something is changed. Throws `KeysError` (130) if Ctrl-C came first. */
  begin(): void {
    if (this.io.interrupt.aborted) throw interrupted();
    this.hasBegun = true;
  }

  /** What is said beside the work never makes the work fail: stderr may be closed. */
  async #say(text: string): Promise<void> {
    await this.io.stderr.write(`${visibleLines(maskSecrets(text))}\n`).catch(() => {});
  }

  async #openBackend(): Promise<KeyBackend> {
    const { name, provider } = await this.profile();
    const { authorityDatabase: path } = this.paths;
    const { Authority } = await import('./authority/authority.ts');
    await this.debug(`profile ${name}: provider ${provider}, ${path}`);
    return new Authority({ path, now: () => this.io.now(), timeout: this.timeout });
  }
}
