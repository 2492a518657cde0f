import type { Command } from './define.ts';

/** Every command by its words, in the order in which help lists them. Each loads its code when it is used. */
export type Catalog = Readonly<Record<string, () => Promise<Command>>>;

/** Words of other programs for the last word of a command; the first one that makes a command counts. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  delete: ['revoke', 'remove'],
  get: ['show'],
  ls: ['list'],
  new: ['create'],
  rm: ['revoke', 'remove'],
};

/** The name of the command that these words stand for, themselves or as an alias; undefined: they are no command. */
export function commandNamed(catalog: Catalog, words: readonly string[]): string | undefined {
  const name = words.join(' ');
  if (isCommand(catalog, name)) return name;
  const last = words.at(-1) ?? '';
  const others = Object.hasOwn(aliases, last) ? (aliases[last] ?? []) : [];
  return others
    .map((word) => [...words.slice(0, -1), word].join(' '))
    .find((other) => isCommand(catalog, other));
}

/** The other names of a command. */
export function aliasesOf(catalog: Catalog, name: string): string[] {
  const words = name.split(' ').slice(0, -1);
  return Object.keys(aliases)
    .filter((alias) => commandNamed(catalog, [...words, alias]) === name)
    .map((alias) => [...words, alias].join(' '));
}

/** Whether these words are a whole command: `provider list` is two. */
export function isCommand(catalog: Catalog, words: string): boolean {
  return Object.hasOwn(catalog, words);
}

/** Whether a word is a command only together with a second one, as `provider` is. */
export function isGroup(catalog: Catalog, word: string): boolean {
  return Object.keys(catalog).some((name) => name.startsWith(`${word} `));
}

export function commandsOf(catalog: Catalog, group: string): string[] {
  return Object.keys(catalog).filter((name) => name.startsWith(`${group} `));
}
