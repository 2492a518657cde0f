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

export function buildParser(name: string, command: Command): Parser {
  const commander = new Commander(`keys ${name}`).helpOption(false).helpCommand(false).allowExcessArguments();
  if (command.operands) commander.arguments(command.operands);
  const own = addFlags(commander, command.flags);
  const global = addFlags(commander, globalFlagsOf(command));
  commander.addOption(new Option('-h, --help'));
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

type Options = Map<string, { flag: Flag<unknown>; option: Option }>;

function addFlags(commander: Commander, flags: Flags): Options {
  const options: Options = new Map();
  for (const [name, flag] of Object.entries(flags)) {
    const option = new Option(flag.syntax);
    if (!option.isBoolean() && !option.negate) {
      option.argParser((text: string, earlier: string[] | undefined) => [...(earlier ?? []), text]);
    }
    commander.addOption(option);
    options.set(name, { flag, option });
  }
  return options;
}

function readFlags(
  commander: Commander,
  options: Options,
  context: ParseContext,
  problems: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, { flag, option }] of options) {
    const optionValue = commander.getOptionValue(option.attributeName()) as string[] | boolean | undefined;
    const isOn = option.negate ? optionValue === false : optionValue === true;
    const texts = Array.isArray(optionValue) ? optionValue : isOn ? [''] : [];
    try {
      values[name] = flag.read(flag.repeatable ? texts : texts.slice(-1), context);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(...error.messages.map((message) => `${option.long}: ${message}`));
    }
  }
  return values;
}
