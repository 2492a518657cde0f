import type { Option } from 'commander';
import { usageError } from '../errors.ts';
import { keyFields } from '../lifecycle/key.ts';
import { looksLikeSecret } from '../secret.ts';
import { bindJsonFields, findCommand } from './argv.ts';
import type { Command, Flags, Input, ParseContext } from './define.ts';
import type { GlobalInput } from './global-flags.ts';
import { catalog, isCommand, isGroup } from './index.ts';
import { buildParser } from './parser.ts';

/** A command line that was understood. */
export interface Invocation {
  name: string;
  command: Command;
  input: Input<Flags>;
  globals: GlobalInput;
}

/** What a command line asks for. */
export type Parsed =
  | { kind: 'run'; invocation: Invocation }
  | { kind: 'help'; name: string | undefined }
  | { kind: 'version' }
  /** No command, and no flag that needs none. */
  | { kind: 'empty' };

/** Understands a command line. Throws `KeysError` (2) that names everything wrong with it. */
export async function parseArguments(argv: readonly string[], context: ParseContext): Promise<Parsed> {
  const { words, rest } = findCommand(argv, (name) => (anyField as Set<string>).has(name));
  const name = words.join(' ');
  if (!isCommand(name)) {
    const asked = asksFor(rest);
    if (asked === 'help' && words.length === 0) return { kind: 'help', name: undefined };
    if (asked === 'version' && words.length === 0) return { kind: 'version' };
    if (words.length === 0 && rest.length === 0) return { kind: 'empty' };
    throw await unknownCommand(words, argv);
  }
  const command = await (catalog[name] as () => Promise<Command>)();
  const asked = asksFor(rest);
  if (asked) return asked === 'help' ? { kind: 'help', name } : { kind: 'version' };
  return { kind: 'run', invocation: readInvocation(name, command, rest, argv, context) };
}

/** Names that may stand in a list of fields before the command is known. */
const anyField = new Set<string>([...keyFields, 'secret', 'delivered', 'changed', 'revoked']);

function readInvocation(
  name: string,
  command: Command,
  rest: readonly string[],
  argv: readonly string[],
  context: ParseContext,
): Invocation {
  const parser = buildParser(name, command);
  const isField = (field: string) => command.fields.includes(field);
  const bound = bindJsonFields(rest, isField, parser.takesValue);
  const problems = secretsIn(argv);
  const last = bound.at(-1) ?? '';
  if (!bound.includes('--') && parser.takesValue(last)) {
    problems.push(`${last} needs a value`);
    bound.pop();
  }
  const { operands, unknown } = parser.commander.parseOptions(bound);
  problems.push(...unknownFlags(unknown, parser.commander.options));
  const wrong = problems.length;
  const { flags, globals } = parser.values(context, problems);
  const areRead = problems.length === wrong;
  const words = [...operands, ...unknown.filter((word) => !word.startsWith('-'))];
  problems.push(...arityProblems(parser.commander.registeredArguments, words));
  problems.push(...outputProblems(globals, command, words, rest));
  const input = { ...flags, operands: words } as Input<Flags>;
  if (areRead) problems.push(...(command.problems?.(input) ?? []));
  if (problems.length > 0) throw usageError(problems, `keys help ${name}`);
  return { name, command, input, globals };
}

function asksFor(rest: readonly string[]): 'help' | 'version' | undefined {
  const end = rest.indexOf('--');
  const flags = end < 0 ? rest : rest.slice(0, end);
  if (flags.some((word) => word === '--help' || word === '-h')) return 'help';
  return flags.some((word) => word === '--version' || word === '-V') ? 'version' : undefined;
}

/** A secret on the command line is in the shell's history and in the process list: it is refused, never repeated. */
function secretsIn(argv: readonly string[]): string[] {
  return argv.flatMap((word, at) =>
    looksLikeSecret(word)
      ? [
          `argument ${at + 1} looks like the value of a secret, which is never taken on the command line: name a key by its id or name`,
        ]
      : [],
  );
}

function unknownFlags(unknown: readonly string[], options: readonly Option[]): string[] {
  const names = unknown.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*$/s, ''));
  return names.map((flag) => {
    const known = options.map(({ long }) => long ?? '');
    const near = known.find((candidate) => flag.length > 3 && candidate.startsWith(flag));
    return `unknown flag ${flag}${near ? ` (did you mean ${near}?)` : ''}`;
  });
}

interface Operand {
  name(): string;
  required: boolean;
  variadic: boolean;
}

function arityProblems(operands: readonly Operand[], words: readonly string[]): string[] {
  const missing = operands.slice(words.length).filter(({ required }) => required);
  const takesAll = operands.some(({ variadic }) => variadic);
  const surplus = takesAll ? [] : words.slice(operands.length);
  return [
    ...missing.map((operand) => `missing argument <${operand.name()}${operand.variadic ? '...' : ''}>`),
    ...surplus.map((word) => `unexpected argument '${word}'`),
  ];
}

function outputProblems(
  { format, json }: GlobalInput,
  command: Command,
  words: readonly string[],
  rest: readonly string[],
): string[] {
  const problems: string[] = [];
  if (json && format !== undefined && format !== 'json') {
    problems.push(`--json and --format ${format} contradict each other`);
  }
  const unknown = json?.filter((field) => !command.fields.includes(field)) ?? [];
  const known = `fields here: ${command.fields.join(', ')}`;
  for (const field of unknown) problems.push(`--json: '${field}' is not a field; ${known}`);
  // `--json id,nme`: not a list of fields, so the word was taken for an operand.
  const misread = rest[rest.indexOf('--json') + 1] ?? '';
  if (rest.includes('--json') && misread.includes(',') && words.includes(misread)) {
    problems.push(`'${misread}' is not a list of fields; ${known}`);
  }
  return problems;
}

async function unknownCommand(words: readonly string[], argv: readonly string[]) {
  const problems = secretsIn(argv);
  const name = words.join(' ');
  if (words.length === 0) return usageError([...problems, 'no command is named'], 'keys help');
  const group = words[0] ?? '';
  if (isGroup(group)) {
    const members = Object.keys(catalog).filter((candidate) => candidate.startsWith(`${group} `));
    const what = words.length === 1 ? `'${group}' needs a second word` : `unknown command '${name}'`;
    return usageError([...problems, what], ...members.map((member) => `keys ${member}`));
  }
  const near = await nearest(group, Object.keys(catalog));
  return usageError(
    [...problems, `unknown command '${group}'`],
    ...(near ? [`keys ${near}`] : []),
    'keys help',
  );
}

/** The candidate that is at most two typing errors away. */
async function nearest(word: string, candidates: readonly string[]): Promise<string | undefined> {
  const { closestMatch, default: leven } = await import('leven');
  const match = closestMatch(word, [...candidates], { maxDistance: 2 });
  return match !== undefined && leven(word, match) < word.length ? match : undefined;
}
