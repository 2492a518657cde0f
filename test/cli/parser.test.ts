import { expect, test } from 'vitest';
import { randomOf } from '../../scripts/random.mjs';
import { InvalidValue } from '../../src/base/errors.ts';
import type { Command } from '../../src/cli/define.ts';
import { flagsOf } from '../../src/cli/flag-syntax.ts';
import { buildParser } from '../../src/cli/parser.ts';
import { catalog } from '../../src/commands/catalog.ts';

const commands = Object.keys(catalog).map((name): [string] => [name]);

async function loadCommand(name: string): Promise<Command> {
  const command = await catalog[name]?.();
  if (!command) throw new Error(`no command ${name}`);
  return command;
}

/** Every name that a flag of the command has. */
function namesIn(command: Command): string[] {
  return flagsOf(command).flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
}

/** What a parser that is told of flags by these words makes of a command line. */
function parse(command: Command, line: readonly string[], flags: readonly string[]): object {
  const parser = buildParser('it', command, flags);
  const valued = line.filter((word) => parser.takesValue(word));
  try {
    const problems: string[] = [];
    const split = parser.commander.parseOptions([...line]);
    return { valued, split, values: parser.values({ now: new Date(0) }, problems), problems };
  } catch (error) {
    return { valued, problem: error instanceof InvalidValue ? error.messages : String(error) };
  }
}

test.each(commands)('no two flags of `%s` have the same name', async (name) => {
  const names = namesIn(await loadCommand(name));
  expect(names).toHaveLength(new Set(names).size);
});

test.each(commands)(
  '`%s` reads a line the same way whether it knows all flags, or those in it',
  async (name) => {
    const command = await loadCommand(name);
    const names = namesIn(command).filter((one) => one !== '--help');
    const random = randomOf(20_261_122);
    const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const words = [
      ...[
        'a',
        '',
        '-',
        '-1',
        '-qy',
        '-yq',
        '-q=1',
        '-z',
        '-qz',
        '--',
        '---',
        '--no',
        '--unknown',
        '--unknown=1',
      ],
      ...['90d', '30s', 'x=y', '2027-01-01', '--js', '--json=id', '--expiresx', '--expires='],
    ];
    for (let round = 0; round < 300; round += 1) {
      const line = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const kind = random();
        if (kind < 0.4) return oneOf(words);
        return kind < 0.8 ? oneOf(names) : `${oneOf(names)}${oneOf(['=', '=1', 'x', '=90d', '=a,b'])}`;
      });
      // A flag at the end has its value, too.
      line.push('end');
      expect(parse(command, line, line), line.join(' ')).toEqual(parse(command, line, [...names, '-qy']));
    }
  },
);
