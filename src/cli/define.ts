import type { Context } from '../app/context.ts';
import { InvalidValue } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';
import type { ReportFormat } from '../output/formats.ts';
import type { Result } from '../output/present.ts';

/** What flag values may depend on. */
export interface ParseContext {
  now: Date;
}

/**
 * What a word of a command line can be: one of these words, or the name of something. Completion offers it, and where
 * it is missing on a terminal, it is chosen from a list. An operand is named after its kind: `<key>`, `[operation]`.
 */
export type Offer = readonly string[] | Nameable;

export type Nameable =
  /** `NAME=SOURCE`: a variable, and the source of its value. */
  | 'binding'
  /** A comma-separated list of the command's fields. */
  | 'fields'
  | 'file'
  | 'key'
  | 'operation'
  | 'profile'
  | 'provider'
  | 'session'
  | 'sink'
  | 'source'
  | 'topic';

/** Reads the text of one value. Throws `InvalidValue`. */
export interface Reader<T> {
  (text: string, context: ParseContext): T;
  /** Absent: any text. */
  offer?: Offer;
}

/** One flag of a command: its syntax, its help and how its text becomes a value. */
export interface Flag<T> {
  /** Commander's notation: `-q, --quiet`, `--expires <when>`, `--json [fields]`. */
  readonly syntax: string;
  readonly help: string;
  readonly repeatable: boolean;
  /** What its value can be; absent: any text. */
  readonly offer?: Offer | undefined;
  /** `texts` holds every value given; a toggle that is on has one. Throws `InvalidValue`. */
  read(texts: readonly string[], context: ParseContext): T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** The operands as typed, and the value of each flag. */
export type Input<F extends Flags> = { operands: string[] } & {
  [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never;
};

export interface Command<F extends Flags = Flags> {
  /** After the command's name: `<key...>`, `[name]`, or nothing. */
  readonly operands: string;
  /** What an operand can be, by its name, if it is one of a few words. */
  readonly operandWords?: Readonly<Record<string, readonly string[]>>;
  /** The operands are the command line of another program, after `--`. */
  readonly takesProgram?: true;
  readonly summary: string;
  /** The rest of the help page. */
  readonly description?: string;
  readonly examples: readonly string[];
  readonly flags: F;
  /** By flag that people expect and it does not have, the hint to what they mean. Empty: an operand, where it takes none. */
  readonly instead?: Readonly<Record<string, string>>;
  /** The fields that `--json` can select. */
  readonly fields: readonly string[];
  /** The formats of whole reports that it has, besides those of every command. */
  readonly reports?: readonly ReportFormat[];
  /** Where the fields are not known beforehand: whether a word may be one. */
  isField?(word: string): boolean;
  /** Whether flags select what operands would name: then none is missing. */
  selects?(input: Input<F>): boolean;
  /** Why it can do nothing without its optional operand, which is then chosen as a required one is; undefined: it can. */
  lacks?(input: Input<F>): string | undefined;
  /** Which of its operands are offered where one is missing; absent: all, but of keys those that are not revoked. */
  offers?(id: string, key?: Key): boolean;
  /** Problems that single flags cannot have, such as two that contradict each other. */
  problems?(input: Input<F>): string[];
  run(context: Context, input: Input<F>): Promise<Result>;
}

export function defineCommand<const F extends Flags>(command: Command<F>): Command<F> {
  return command;
}

/** A flag without a value. */
export function toggle(syntax: string, help: string): Flag<boolean> {
  return { syntax, help, repeatable: false, read: (texts) => texts.length > 0 };
}

/** A flag with one value; undefined if it was not given. */
export function value<T>(syntax: string, help: string, parse: Reader<T>): Flag<T | undefined> {
  return {
    syntax,
    help,
    repeatable: false,
    offer: parse.offer,
    read: (texts, context) => (texts[0] === undefined ? undefined : parse(texts[0], context)),
  };
}

/** A flag that may be repeated. */
export function values<T>(syntax: string, help: string, parse: Reader<T>): Flag<T[]> {
  return {
    syntax,
    help,
    repeatable: true,
    offer: parse.offer,
    read: (texts, context) => readAll(texts, (text) => parse(text, context)),
  };
}

/** Throws one `InvalidValue` for all invalid texts. */
function readAll<T>(texts: readonly string[], parse: (text: string) => T): T[] {
  const faults: string[] = [];
  const parsedValues = texts.flatMap((text) => {
    try {
      return [parse(text)];
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      faults.push(...error.messages);
      return [];
    }
  });
  if (faults.length > 0) throw new InvalidValue(...faults);
  return parsedValues;
}
