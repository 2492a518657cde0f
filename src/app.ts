import type { GlobalInput } from './commands/global-flags.ts';
import type { Profile } from './config.ts';
import { readConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { setting, withoutPlace } from './env.ts';
import { usageError } from './errors.ts';
import { Interruption } from './interruption.ts';
import type { Io } from './io.ts';
import { findKey } from './lifecycle/find.ts';
import type { Key } from './lifecycle/key.ts';
import { inOrder, withSuperseded } from './lifecycle/key.ts';
import type { Journal } from './lifecycle/operation.ts';
import type { KeyBackend } from './lifecycle/ports.ts';
import type { OutputSettings, Result } from './output/present.ts';
import { present } from './output/present.ts';
import type { Paths } from './paths.ts';
import { hasOperations, locatePaths } from './paths.ts';
import { chooseProfile, localProvider } from './profile.ts';
import { Secret } from './secret.ts';
import type { TokenContext } from './tokens/sources.ts';
import { Voice } from './voice.ts';

const defaultTimeout = 30_000;

/** The services that commands use. Each is made when it is first asked for, and loads its code only then. */
export class App {
  readonly io: Io;
  readonly globals: GlobalInput;
  readonly output: OutputSettings;
  readonly interruption: Interruption;
  readonly #voice: Voice;
  #backend: Promise<KeyBackend> | undefined;
  #tokenContext: TokenContext | undefined;
  readonly #warned = new Set<string>();
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(io: Io, globals: GlobalInput, interruption = new Interruption(io)) {
    this.io = io;
    this.interruption = interruption;
    this.globals = globals;
    const format = globals.format ?? (globals.json ? 'json' : undefined);
    const fields = globals.json && globals.json.length > 0 ? globals.json : undefined;
    this.output = { format, fields, noColor: globals.noColor };
    this.#voice = new Voice(io, format === 'json' || format === 'ndjson');
  }

  /** Aborts when waiting has to end. */
  get stop(): AbortSignal {
    return this.interruption.stop;
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

  /** The API of the profile; undefined for the embedded authority, which is none. */
  async connection(): Promise<Connection | undefined> {
    const profile = await this.profile();
    if (profile.provider === localProvider.id) {
      if (profile.url !== null)
        throw usageError(
          `the provider ${profile.provider} runs in this process and has no URL`,
          'keys provider list',
        );
      return undefined;
    }
    const { openConnection } = await import('./connection.ts');
    return openConnection(profile, this.paths.providers, this.io.env);
  }

  /** Where session tokens are looked for: one object, for a keychain is asked once for each. */
  get tokenContext(): TokenContext {
    const { env, cwd } = this.io;
    const warn = (text: string) => this.warn(text);
    this.#tokenContext ??= { env, cwd, paths: this.paths, interactive: this.interactive, warn };
    return this.#tokenContext;
  }

  /** The same command in another profile. What the environment says of profiles and tokens is about this one. */
  elsewhere(place: { profile: string; provider?: string; url?: string | undefined }): App {
    const io: Io = Object.create(this.io, { env: { value: withoutPlace(this.io.env) } });
    const globals = { ...this.globals, provider: undefined, url: undefined, ...place };
    const app = new App(io, globals, this.interruption);
    this.atEnd(() => app.close());
    return app;
  }

  /** What is to be closed when the command has ended, whichever way. */
  atEnd(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
  }

  backend(): Promise<KeyBackend> {
    this.#backend ??= this.#openBackend();
    return this.#backend;
  }

  /** The journal of what this command makes; `db` is the authority's file where it is not that of the profile. */
  async journal(db?: string): Promise<Journal> {
    return (await import('./operations.ts')).openJournalOf(this, db);
  }

  /** Throws `KeysError` (5) where an earlier command stopped halfway to a key of this name; warns of other ones. */
  async requireFinished(name: string): Promise<void> {
    if (hasOperations(this.paths)) await (await import('./operations.ts')).requireFinished(this, name);
  }

  /** The key that a reference names, with all that its provider knows of it. */
  async key(reference: string): Promise<Key> {
    const { name, provider } = await this.profile();
    const { keysWith } = await import('./lookup.ts');
    const listed = findKey(await keysWith(this, [reference]), reference);
    const whole = (await (await this.backend()).get(listed.id)) ?? listed;
    return inOrder({ ...listed, ...whole, provider, profile: name });
  }

  /** Every key of the profile, newest first. */
  async keys(): Promise<Key[]> {
    const { name, provider } = await this.profile();
    const keys = await (await this.backend()).list();
    const placed = withSuperseded(keys).map((key) => ({ ...key, provider, profile: name }));
    if (!hasOperations(this.paths)) return placed;
    return (await import('./operations.ts')).withRetirements(this, placed);
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
    await this.release();
    return (await import('./output/prompt.ts')).askText(this.io, question, proposal);
  }

  async choose<T extends string>(
    question: string,
    choices: readonly { name: string; value: T; description?: string }[],
  ): Promise<T> {
    await this.release();
    return (await import('./output/prompt.ts')).askChoice(this.io, question, choices);
  }

  /** All of stdin as text. */
  async readStdin(): Promise<string> {
    const pieces: Buffer[] = [];
    for await (const piece of this.io.stdin) pieces.push(Buffer.from(piece));
    return Buffer.concat(pieces).toString('utf8');
  }

  /** A secret on stdin, without the line break after it. */
  async readSecret(): Promise<Secret> {
    const text = (await this.readStdin()).trim();
    if (text === '' || /[\r\n]/.test(text)) {
      throw usageError(`stdin must hold ${text === '' ? 'a value' : 'one line'}, and nothing else`);
    }
    return new Secret(text);
  }

  /** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
  async secretFrom(source: string): Promise<Secret> {
    if (source.startsWith('keychain:')) {
      const { readKeptSecret } = await import('./tokens/kept-secret.ts');
      const { interactive } = this;
      return readKeptSecret(source.slice('keychain:'.length), { env: this.io.env, interactive });
    }
    return (await import('./delivery/source.ts')).readSource(source, this.io.cwd);
  }

  /** A line that is not shown while it is typed. */
  async askSecret(question: string): Promise<Secret> {
    await this.release();
    return (await import('./output/prompt.ts')).askSecret(this.io, question);
  }

  /** Ctrl-C cuts a listing short; what tells of a change is printed in full. */
  print(result: Result): Promise<void> {
    return present(this.io, this.output, result, this.interruption.dropped);
  }

  /** Where errors are JSON, stderr holds one document: what else there is to say waits for a success. */
  release(): Promise<void> {
    return this.#voice.release();
  }

  /** Something good to know; not with `--quiet`. */
  async note(text: string): Promise<void> {
    if (!this.globals.quiet) await this.#voice.sayOrHold(text);
  }

  async warn(text: string): Promise<void> {
    await this.#voice.sayOrHold(`warning: ${text}`);
  }

  /** A warning that several steps of a command may come upon. */
  async warnOnce(text: string): Promise<void> {
    if (this.#warned.has(text)) return;
    this.#warned.add(text);
    await this.warn(text);
  }

  get debugs(): boolean {
    return this.globals.debug || setting(this.io.env, 'KEYS_DEBUG') !== undefined;
  }

  async debug(text: string): Promise<void> {
    if (this.debugs) await this.#voice.say(`debug: ${text}`);
  }

  /** To be called right before something is changed. Throws `KeysError` (130, or 5 after the first change) on Ctrl-C. */
  begin(): void {
    this.interruption.begin();
  }

  async #openBackend(): Promise<KeyBackend> {
    const connection = await this.connection();
    if (connection) return (await import('./remote.ts')).openRemote(this, connection);
    const { authorityDatabase: path } = this.paths;
    const { Authority } = await import('./authority/authority.ts');
    await this.debug(`the embedded authority, ${path}`);
    return new Authority({ path, now: () => this.io.now(), timeout: this.timeout });
  }
}
