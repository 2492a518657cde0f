import type { Command } from './define.ts';

/** Every command by its words, in the order in which help lists them. Each loads its code when it is used. */
export type Catalog = Readonly<Record<string, () => Promise<Command>>>;

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
