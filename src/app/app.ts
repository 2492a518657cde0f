import type { Config, Profile } from '../accounts/config.ts';
import { readConfig } from '../accounts/config.ts';
import { chooseProfile, isEmbedded } from '../accounts/profile.ts';
import type { TokenContext } from '../accounts/tokens/sources.ts';
import type { Secret } from '../base/secret.ts';
import { findKey } from '../keys/find.ts';
import type { Key } from '../keys/key.ts';
import { inOrder, withSuperseded } from '../keys/key.ts';
import { keysWith } from '../keys/lookup.ts';
import type { Journal } from '../keys/operations/operation.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { OutputSettings, Result } from '../output/present.ts';
import { present } from '../output/present.ts';
import type { Choice } from '../output/prompt.ts';
import { Reporter } from '../output/reporter.ts';
import { ciIn, setting, withoutPlace } from '../platform/env.ts';
import { Interruption } from '../platform/interruption.ts';
import type { Io } from '../platform/io.ts';
import { readAll } from '../platform/io.ts';
import type { Paths } from '../platform/paths.ts';
import { hasOperations, trustedPaths } from '../platform/paths.ts';
import type { Connection } from './connection.ts';
import type { Context, GlobalFlags } from './context.ts';
import { secretAt, secretOn } from './secret-input.ts';

const defaultTimeout = 30_000;

/** The services that commands use. Each is made when it is first asked for, and loads its code only then. */
export class App implements Context {
  readonly io: Io;
  readonly globals: GlobalFlags;
  readonly output: OutputSettings;
  readonly interruption: Interruption;
  readonly #reporter: Reporter;
  #backend: Promise<KeyBackend> | undefined;
  #tokenContext: TokenContext | undefined;
  #paths: Paths | undefined;
  readonly #closing: (() => Promise<void>)[] = [];

  constructor(io: Io, globals: GlobalFlags, shared?: { interruption: Interruption; reporter: Reporter }) {
    this.io = io;
    this.interruption = shared?.interruption ?? new Interruption(io);
    this.globals = globals;
    const format = globals.format ?? (globals.json ? 'json' : undefined);
    const fields = globals.json && globals.json.length > 0 ? globals.json : undefined;
    this.output = { format, fields, noColor: globals.noColor };
    this.#reporter = shared?.reporter ?? new Reporter(io, format === 'json' || format === 'ndjson');
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
    this.#paths ??= trustedPaths(this.io.env, this.io.cwd);
    return this.#paths;
  }

  /** The settings. A name in them that means nothing is warned of. */
  config(): Promise<Config> {
    return readConfig(this.paths.configFile, (text) => this.warnOnce(text));
  }

  async profile(): Promise<Profile> {
    return chooseProfile(await this.config(), this.io.env, this.globals);
  }

  /** The API of the profile; undefined for the embedded authority, which is none. */
  async connection(): Promise<Connection | undefined> {
    const profile = await this.profile();
    if (isEmbedded(profile)) return undefined;
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
  forProfile(place: { profile: string; provider?: string; url?: string | undefined }): App {
    const io: Io = Object.create(this.io, { env: { value: withoutPlace(this.io.env) } });
    const globals = { ...this.globals, provider: undefined, url: undefined, ...place };
    const app = new App(io, globals, { interruption: this.interruption, reporter: this.#reporter });
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
    return (await import('./open-journal.ts')).openJournalOf(this, db);
  }

  /** Throws `KeysError` (5) where an earlier command stopped halfway to a key of this name; warns of other ones. */
  async requireFinished(name: string): Promise<void> {
    if (hasOperations(this.paths)) await (await import('./open-journal.ts')).requireFinished(this, name);
  }

  /** The key that a reference names, with all that its provider knows of it. */
  async key(reference: string): Promise<Key> {
    const { name, provider } = await this.profile();
    const listed = findKey(await keysWith(this, [reference]), reference);
    const whole = (await (await this.backend()).get(listed.id)) ?? listed;
    return inOrder({ ...listed, ...whole, provider, profile: name });
  }

  /** Every key of the profile, newest first. */
  async keys(): Promise<Key[]> {
    const { name, provider } = await this.profile();
    const keys = await (await this.backend()).list();
    const placed = keys.map((key) => ({ ...key, provider, profile: name }));
    if (!hasOperations(this.paths)) return withSuperseded(placed);
    return withSuperseded(await (await import('./open-journal.ts')).withRetirements(this, placed));
  }

  /** Whether results are printed as tables and cards. */
  get isHumanOutput(): boolean {
    return (this.output.format ?? (this.io.stdout.isTTY ? 'table' : undefined)) === 'table';
  }

  /** Whether a person can be asked something. */
  get interactive(): boolean {
    const { env, stdin, stderr } = this.io;
    if (this.globals.noInput || setting(env, 'KEYS_NO_INPUT') || ciIn(env)) return false;
    return Boolean(stdin.isTTY) && stderr.isTTY;
  }

  async ask(question: string, proposal?: string): Promise<string> {
    const { askText } = await import('../output/prompt.ts');
    return this.#reporter.ask(() => askText(this, question, proposal));
  }

  async choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T> {
    const { askChoice } = await import('../output/prompt.ts');
    return this.#reporter.ask(() => askChoice(this, question, choices));
  }

  /** Whether somebody says yes to something final. Enter alone says no. */
  async confirm(question: string, [no, yes]: readonly [no: string, yes: string]): Promise<boolean> {
    const answer = await this.choose(question, [
      { value: 'no', name: no },
      { value: 'yes', name: yes },
    ]);
    return answer === 'yes';
  }

  /** All of stdin as text. */
  readStdin(): Promise<string> {
    return readAll(this.io.stdin);
  }

  /** A secret on stdin, without the line break after it. */
  readSecret(): Promise<Secret> {
    return secretOn(this.io.stdin);
  }

  /** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
  secretFrom(source: string): Promise<Secret> {
    const { env, cwd } = this.io;
    return secretAt(source, { env, cwd, interactive: this.interactive });
  }

  /** A line that is not shown while it is typed. */
  async askSecret(question: string): Promise<Secret> {
    const { askSecret } = await import('../output/prompt.ts');
    return this.#reporter.ask(() => askSecret(this, question));
  }

  /** Ctrl-C cuts a listing short; what tells of a change is printed in full. */
  print(result: Result): Promise<void> {
    return present(this.io, this.output, result, this.interruption.dropped);
  }

  /** Where errors are JSON, stderr holds one document: what else there is to say waits for a success. */
  flush(): Promise<void> {
    return this.#reporter.flush();
  }

  /** Something good to know; not with `--quiet`. */
  async note(text: string): Promise<void> {
    if (!this.globals.quiet) await this.#reporter.defer(text);
  }

  async warn(text: string): Promise<void> {
    await this.#reporter.defer(`warning: ${text}`);
  }

  /** A warning that several steps of a command may come upon. */
  async warnOnce(text: string): Promise<void> {
    await this.#reporter.defer(`warning: ${text}`, { once: true });
  }

  /** A line that stands below everything that is said, until it is empty. */
  setStatus(line: string): Promise<void> {
    return this.#reporter.setStatus(line);
  }

  get debugs(): boolean {
    return this.globals.debug || setting(this.io.env, 'KEYS_DEBUG') !== undefined;
  }

  async debug(text: string): Promise<void> {
    if (this.debugs) await this.#reporter.write(`debug: ${text}`);
  }

  /** To be called right before something is changed. Throws `KeysError` (130, or 5 after the first change) on Ctrl-C. */
  startMutation(): void {
    this.interruption.begin();
  }

  async #openBackend(): Promise<KeyBackend> {
    const connection = await this.connection();
    if (connection) return (await import('./open-remote.ts')).openRemote(this, connection);
    const { authorityDatabase: path, authorityMarker: marker } = this.paths;
    const { Authority } = await import('../authority/authority.ts');
    await this.debug(`the embedded authority, ${path}`);
    return new Authority({ path, marker, now: () => this.io.now(), timeout: this.timeout });
  }
}
