import type { GlobalFlags } from '../app/context.ts';
import { usageError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import { looksLikeSecret } from '../base/secret.ts';
import { keyFields } from '../keys/key.ts';
import { isReportFormat } from '../output/formats.ts';
import type { CommandLine } from './argv.ts';
import { bindJsonFields, findCommand } from './argv.ts';
import type { Catalog } from './catalog.ts';
import { commandNamed, isGroup } from './catalog.ts';
import type { Command, Flags, Input, Nameable, ParseContext } from './define.ts';
import { buildParser } from './parser.ts';

/** A valid command line. */
export interface Invocation {
  name: string;
  command: Command;
  input: Input<Flags>;
  globals: GlobalFlags;
  /** Operands to ask for; where no one can be asked, they are its only problems. */
  lacking: readonly Lacking[];
}

/** An operand that is missing. */
export interface Lacking {
  kind: string;
  several: boolean;
  problem: string;
}

export type Parsed =
  | { kind: 'run'; invocation: Invocation }
  | { kind: 'help'; name: string | undefined }
  | { kind: 'version' }
  /** An empty command line. */
  | { kind: 'empty' };

/** Names that count as fields before the command is known. */
const anyField = new Set<string>([...keyFields, 'secret', 'delivered', 'changed', 'revoked']);

/** Parses a command line. Throws one `KeysError` (2) that names every problem. */
export async function parseArguments(
  argv: readonly string[],
  catalog: Catalog,
  context: ParseContext,
): Promise<Parsed> {
  const line = findCommand(argv, catalog, (name) => anyField.has(name));
  const { words, rest } = line;
  const name = commandNamed(catalog, words);
  const load = name === undefined ? undefined : catalog[name];
  if (name === undefined || !load) return parseWithoutCommand(argv, catalog, line);
  const command = await load();
  const request = requestIn(rest);
  if (request === 'version') return { kind: 'version' };
  if (request === 'help' || (rest.length === 1 && rest[0] === 'help')) return { kind: 'help', name };
  return { kind: 'run', invocation: await readInvocation(name, command, rest, argv, context) };
}

/** A request for help or for the version. Throws `KeysError` (2) for anything else. */
async function parseWithoutCommand(
  argv: readonly string[],
  catalog: Catalog,
  { words, rest }: CommandLine,
): Promise<Parsed> {
  if (argv.length === 0) return { kind: 'empty' };
  const name = words.join(' ');
  const request = requestIn(rest);
  if (name === '' && request) return { kind: request, name: undefined };
  if (request === 'help' && isGroup(catalog, name)) return { kind: 'help', name };
  const [group = '', word] = words;
  const isGroupHelp = words.length === 2 && word === 'help' && rest.length === 0;
  if (isGroupHelp && isGroup(catalog, group)) return { kind: 'help', name: group };
  const { unknownCommand } = await import('./suggest.ts');
  throw unknownCommand(catalog, words, rest, secretsIn(argv));
}

async function readInvocation(
  name: string,
  command: Command,
  rest: readonly string[],
  argv: readonly string[],
  context: ParseContext,
): Promise<Invocation> {
  const isField = (field: string) => isFieldOf(command, field);
  const { before, after } = splitAtEnd(rest);
  const parser = buildParser(name, command, before);
  const boundFields = bindJsonFields(before, isField, parser.takesValue);
  const problems = secretsIn(argv);
  const last = boundFields.at(-1) ?? '';
  if (parser.takesValue(last)) {
    problems.push(`${last} needs a value`);
    boundFields.pop();
  }
  const { operands: early, unknown } = parser.commander.parseOptions(boundFields);
  problems.push(...(await flagProblems(unknown, command)));
  const unread: string[] = [];
  const { flags, globals } = parser.values(context, unread);
  if (command.takesProgram) problems.push(...misplaced(early));
  const operands = command.takesProgram ? after : [...early, ...after];
  const words = [...operands, ...unknown.filter((word) => !word.startsWith('-'))];
  const input = { ...flags, operands: words } as Input<Flags>;
  const places = parser.commander.registeredArguments;
  const lacking = unread.length > 0 ? lackingOperands(places, words) : lackingIn(command, places, input);
  problems.push(...unread);
  const earlierCount = problems.length;
  problems.push(
    ...surplusOperands(places, operands),
    ...(early.length === 1 && early[0] === 'help' && name !== 'help' ? [helpOrName(name)] : []),
    ...outputProblems(globals, command, words, before),
    ...(unread.length === 0 ? (command.problems?.(input) ?? []) : []),
  );
  if (problems.length > 0 || !lacking.every(({ kind }) => listedKinds.has(kind))) {
    problems.splice(earlierCount, 0, ...lacking.map(({ problem }) => problem));
    const { insteadOf } = await import('./suggest.ts');
    const surplus = places.length === 0 ? operands : [];
    throw usageError(problems, ...insteadOf(command, unknown, surplus), `keys help ${name}`);
  }
  return { name, command, input, globals, lacking };
}

/** The words before the first `--`, where flags are flags, and those after it. */
function splitAtEnd(words: readonly string[]): { before: readonly string[]; after: readonly string[] } {
  const end = words.indexOf('--');
  return end < 0
    ? { before: words, after: [] }
    : { before: words.slice(0, end), after: words.slice(end + 1) };
}

/** `keys create help` asks for help; with flags, `help` may be the name of a key. */
function helpOrName(name: string): string {
  return `'help' shows help only without other arguments; for something named help: keys ${name} … -- help`;
}

/** The words are not repeated: one of them may be a secret. */
function misplaced(words: readonly string[]): string[] {
  return words.length > 0 ? ['unexpected argument before --; the program to run comes after it'] : [];
}

const versionFlags = new Set(['--version', '-V', '-v']);

function requestIn(rest: readonly string[]): 'help' | 'version' | undefined {
  const { before: flags } = splitAtEnd(rest);
  if (flags.some((word) => word === '--help' || word === '-h')) return 'help';
  return flags.some((word) => versionFlags.has(word)) ? 'version' : undefined;
}

/** A secret on the command line shows up in the shell history and in process lists: it is refused, never repeated. */
function secretsIn(argv: readonly string[]): string[] {
  return argv.flatMap((word, at) =>
    looksLikeSecret(word)
      ? [
          `argument ${at + 1} looks like a secret, and secrets are not accepted on the command line; name a key by its id or name`,
        ]
      : [],
  );
}

async function flagProblems(unknown: readonly string[], command: Command): Promise<string[]> {
  if (unknown.length === 0) return [];
  const [{ unknownFlags }, { flagsOf }] = await Promise.all([
    import('./suggest.ts'),
    import('./flag-syntax.ts'),
  ]);
  const known = flagsOf(command).flatMap(({ short, long }) => [short ?? [], long].flat());
  return unknownFlags(unknown, known, command.instead);
}

function ordinal(index: number): string {
  return ['first', 'second', 'third'][index] ?? `${index + 1}th`;
}

interface Operand {
  name(): string;
  required: boolean;
  variadic: boolean;
}

/** What is named so can be listed, and so chosen. */
const listedKinds: ReadonlySet<string> = new Set<Nameable>(['key', 'profile', 'provider', 'session']);

function lackingIn(command: Command, places: readonly Operand[], input: Input<Flags>): Lacking[] {
  if (command.selects?.(input)) return [];
  return lackingOperands(places, input.operands, command.lacks?.(input));
}

/** A word after an unknown flag may be its value: it counts as an operand. `reason`: why the optional one is missed, too. */
function lackingOperands(places: readonly Operand[], words: readonly string[], reason?: string): Lacking[] {
  return places.slice(words.length).flatMap((operand) => {
    const { required, variadic: several } = operand;
    const problem = required ? `missing argument <${operand.name()}${several ? '...' : ''}>` : reason;
    return problem === undefined ? [] : [{ kind: operand.name(), several, problem }];
  });
}

function surplusOperands(places: readonly Operand[], operands: readonly string[]): string[] {
  if (places.some(({ variadic }) => variadic)) return [];
  // For a command without operands, the word may be a secret meant for stdin: it is not repeated.
  return operands
    .slice(places.length)
    .map((word, at) =>
      places.length > 0
        ? `unexpected argument '${word}'`
        : `unexpected argument (the ${ordinal(at)}); this command takes none`,
    );
}

function isFieldOf({ fields, isField }: Command, word: string): boolean {
  return isField?.(word) ?? fields.includes(word);
}

function outputProblems(
  { format, json, fields }: GlobalFlags,
  command: Command,
  words: readonly string[],
  rest: readonly string[],
): string[] {
  const available = `available: ${command.fields.join(', ')}`;
  const unknown = (flag: string, list: readonly string[] = []) =>
    list
      .filter((field) => !isFieldOf(command, field))
      .map((field) => `${flag}: unknown field '${field}'${didYouMean(field, command.fields)}; ${available}`);
  // `--json id,nme`: not a list of fields, so the word became an operand.
  const misread = rest[rest.indexOf('--json') + 1] ?? '';
  return [
    ...(json && format !== undefined && format !== 'json'
      ? [`--json and --format ${format} cannot be combined; --fields selects the fields of any format`]
      : []),
    ...(fields && isReportFormat(format)
      ? [`--fields and --format ${format} cannot be combined: the report has fields of its own`]
      : []),
    ...(json && json.length > 0 && fields ? ['--json with a list and --fields cannot be combined'] : []),
    ...unknown('--json', json),
    ...(fields && command.fields.length === 0 && !command.isField
      ? ['--fields: this command prints no fields']
      : unknown('--fields', fields)),
    ...(rest.includes('--json') && misread.includes(',') && words.includes(misread)
      ? [`'${misread}' has unknown fields; ${available}`]
      : []),
  ];
}
