import type { Config, Profile } from '../accounts/profile.ts';
import type { TokenContext } from '../accounts/tokens/token-context.ts';
import type { Secret } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import type { Journal } from '../keys/operations/operation.ts';
import type { KeyBackend } from '../keys/ports.ts';
import type { Format } from '../output/formats.ts';
import type { PickList } from '../output/pick.ts';
import type { OutputSettings, Result } from '../output/present.ts';
import type { Choice } from '../output/prompt.ts';
import type { Interruption } from '../platform/interruption.ts';
import type { Io } from '../platform/io.ts';
import type { Paths } from '../platform/paths.ts';
import type { Connection } from './connection.ts';

/** The flags that every command takes. `cli/global-flags.ts` declares them. */
export interface GlobalFlags {
  profile: string | undefined;
  provider: string | undefined;
  url: string | undefined;
  format: Format | undefined;
  /** The fields of `--json`; empty: all. */
  json: string[] | undefined;
  /** The fields of every format, in order. */
  fields: string[] | undefined;
  quiet: boolean;
  noInput: boolean;
  yes: boolean;
  /** Milliseconds. */
  timeout: number | undefined;
  debug: boolean;
  noColor: boolean;
  noPager: boolean;
}

/** What a command may ask for. A service takes the slice of it that it needs. */
export interface Context {
  readonly io: Io;
  readonly globals: GlobalFlags;
  /** The command line as it was typed, without the program. */
  readonly words: readonly string[];
  readonly output: OutputSettings;
  readonly interruption: Interruption;
  /** Aborts when waiting must end. */
  readonly stop: AbortSignal;
  readonly now: Date;
  /** Milliseconds to wait for an API, a program or a lock. */
  readonly timeout: number;
  readonly paths: Paths;
  /** Whether results are printed as tables and cards. */
  readonly isHumanOutput: boolean;
  /** Whether a prompt can be answered. */
  readonly interactive: boolean;
  /** Why no prompt can be answered, such as "not a terminal"; undefined: one can. */
  readonly promptObstacle: string | undefined;
  readonly debugs: boolean;
  readonly tokenContext: TokenContext;

  /** The settings. Warns of unknown names. */
  config(): Promise<Config>;
  profile(): Promise<Profile>;
  /** The API of the profile; undefined for the embedded authority. */
  connection(): Promise<Connection | undefined>;
  backend(): Promise<KeyBackend>;
  /** The same command line for another profile; profile and token variables of the environment do not apply. */
  forProfile(place: Partial<GlobalFlags> & { profile: string }): Context;

  /** The journal of this profile. `db` is the authority's file, if not the profile's. */
  journal(db?: string): Promise<Journal>;
  /** Throws `KeysError` (5) if an operation on a key of this name is unfinished; warns of other unfinished operations. */
  requireFinished(name: string): Promise<void>;
  /** The key that a reference names, with everything that its provider reports. */
  key(reference: string): Promise<Key>;
  /** Every key of the profile, newest first; with references, those that they are about, as `KeyBackend.list` returns them. */
  keys(references?: readonly string[]): Promise<Key[]>;

  /**
   * Call it right before something changes. Returns a function to call if it is certain that nothing has changed. Throws
   * `KeysError` after Ctrl-C: 130, or 5 once something has changed.
   */
  startMutation(): () => void;
  /** Registers what to close when the command ends, however it ends. */
  atEnd(close: () => Promise<void>): void;

  ask(question: string, proposal?: string): Promise<string>;
  choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** The rows that a person chooses from a list, at least one. */
  pick<Row>(question: string, list: PickList<Row>): Promise<Row[]>;
  /** Asks before something final. Enter alone means no. */
  confirm(question: string, answers: readonly [no: string, yes: string]): Promise<boolean>;
  /** A line that is not shown while it is typed. */
  askSecret(question: string): Promise<Secret>;
  /** All of stdin as text. */
  readStdin(): Promise<string>;
  /** A secret on stdin, without the final line break. */
  readSecret(): Promise<Secret>;
  /** The secret at a source: `keychain:NAME`, `file:PATH` or `env:PATH#NAME`. Throws `KeysError`. */
  secretFrom(source: string): Promise<Secret>;

  print(result: Result): Promise<void>;
  /** Prints deferred messages. With JSON errors, messages wait until the command can no longer fail. */
  flush(): Promise<void>;
  /** Good to know; silent with `--quiet`. */
  note(text: string): Promise<void>;
  /** The lines of a view for the terminal of stderr, which may be in colour; silent with `--quiet`. */
  show(view: string): Promise<void>;
  warn(text: string): Promise<void>;
  /** A warning that is printed once per command. */
  warnOnce(text: string): Promise<void>;
  /** The progress line below everything else; empty text removes it. */
  setStatus(line: string): Promise<void>;
  /** Tells a person what is being waited for, if it takes longer than a moment: `waiting for api.example.com`. */
  waitFor<T>(what: string, work: () => Promise<T>): Promise<T>;
  debug(text: string): Promise<void>;
}
