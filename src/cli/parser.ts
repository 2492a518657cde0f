import { Command as Commander, Option } from 'commander';
import type { GlobalFlags } from '../app/context.ts';
import { InvalidValue } from '../base/errors.ts';
import type { Command, Flag, Flags, ParseContext } from './define.ts';
import { globalFlagsOf } from './global-flags.ts';

/** Commander's view of one command: it splits the flags; values are parsed here. */
export interface Parser {
  commander: Commander;
  /** Whether a word is a flag that takes the next word as its value. */
  takesValue: (word: string) => boolean;
  /** The value of every flag, once `parseOptions` has run. Adds invalid values to the problems. */
  values: (
    context: ParseContext,
    problems: string[],
  ) => { flags: Record<string, unknown>; globals: GlobalFlags };
}

/**
 * `words`: those that may name flags. Commander is told of no others: most of the fifty that a command has take it longer to
 * set up than to read a line.
 */
export function buildParser(name: string, command: Command, words: readonly string[]): Parser {
  const commander = new Commander(`keys ${name}`).helpOption(false).helpCommand(false).allowExcessArguments();
  if (command.operands) commander.arguments(command.operands);
  const named = words.filter((word) => word.startsWith('-'));
  const own = addFlags(commander, command.flags, named);
  const global = addFlags(commander, globalFlagsOf(command), named);
  // Alone it is a request for help; among joined short flags it is one of them.
  if (named.some(isShort)) commander.addOption(new Option('-h, --help'));
  return {
    commander,
    takesValue: (word) =>
      commander.options.some((option) => option.required && (option.long === word || option.short === word)),
    values: (context, problems) => ({
      flags: readFlags(commander, own, context, problems),
      globals: readFlags(commander, global, context, problems) as unknown as GlobalFlags,
    }),
  };
}

/** Flags, and what commander is told of those that the words name, by their names in the code. */
interface FlagOptions {
  flags: Flags;
  options: ReadonlyMap<string, Option>;
}

function addFlags(commander: Commander, flags: Flags, words: readonly string[]): FlagOptions {
  const options = new Map<string, Option>();
  for (const word of words) {
    for (const name in flags) {
      const flag = flags[name] as Flag<unknown>;
      if (options.has(name) || !names(word, flag)) continue;
      const option = optionOf(flag);
      commander.addOption(option);
      options.set(name, option);
    }
  }
  return { flags, options };
}

function optionOf({ syntax }: Flag<unknown>): Option {
  const option = new Option(syntax);
  if (!option.isBoolean() && !option.negate)
    option.argParser((text: string, earlier: string[] | undefined) => [...(earlier ?? []), text]);
  return option;
}

function isShort(word: string): boolean {
  return !word.startsWith('--');
}

/** Whether a word is this flag, perhaps with a value. Short ones may be joined: `-qy` may be any of them. */
function names(word: string, { syntax }: Flag<unknown>): boolean {
  if (isShort(word)) return !syntax.startsWith('--');
  const end = word.indexOf('=');
  const name = end < 0 ? word : word.slice(0, end);
  const at = syntax.indexOf('--');
  const next = syntax[at + name.length];
  return syntax.startsWith(name, at) && (next === undefined || next === ' ');
}

function readFlags(
  commander: Commander,
  { flags, options }: FlagOptions,
  context: ParseContext,
  problems: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name in flags) {
    const flag = flags[name] as Flag<unknown>;
    const option = options.get(name);
    const texts = option ? textsOf(commander, option) : noTexts;
    try {
      values[name] = flag.read(flag.repeatable ? texts : texts.slice(-1), context);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(...error.messages.map((message) => `${longName(flag)}: ${message}`));
    }
  }
  return values;
}

const noTexts: readonly string[] = [];

/** Every value given; a toggle that is on has an empty one. */
function textsOf(commander: Commander, option: Option): readonly string[] {
  const optionValue = commander.getOptionValue(option.attributeName()) as string[] | boolean | undefined;
  if (Array.isArray(optionValue)) return optionValue;
  const isOn = option.negate ? optionValue === false : optionValue === true;
  return isOn ? [''] : [];
}

function longName({ syntax }: Flag<unknown>): string {
  return /--[\w-]+/.exec(syntax)?.[0] ?? syntax;
}
