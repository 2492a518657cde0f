import type { Command, Flag, Flags } from './define.ts';
import { globalFlags, globalFlagsOf } from './global-flags.ts';

/** A flag as it is typed. */
export interface FlagSyntax {
  flag: Pick<Flag<unknown>, 'help' | 'offer' | 'repeatable'>;
  long: string;
  short: string | undefined;
  takes: 'nothing' | 'value' | 'perhaps';
}

const help: FlagSyntax = {
  flag: { help: 'show this help', repeatable: false },
  long: '--help',
  short: '-h',
  takes: 'nothing',
};

export const flagsWithoutCommand: readonly FlagSyntax[] = [
  ...syntaxesOf(globalFlags),
  help,
  {
    flag: { help: 'print the version', repeatable: false },
    long: '--version',
    short: '-V',
    takes: 'nothing',
  },
];

function syntaxesOf(flags: Flags): FlagSyntax[] {
  return Object.values(flags).map((flag) => {
    const [, short, long = '', value] = /^(?:(-\w), )?(--[\w-]+)(?: ([<[]).*)?$/.exec(flag.syntax) ?? [];
    const takes = value === '<' ? 'value' : value === '[' ? 'perhaps' : 'nothing';
    return { flag, long, short, takes };
  });
}

/** The flags of a command, its own first. */
export function flagsOf(command: Command): FlagSyntax[] {
  return [...syntaxesOf(command.flags), ...syntaxesOf(globalFlagsOf(command)), help];
}
