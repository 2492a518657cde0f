import type { Command } from './define.ts';

/** Every command, in the order in which help lists them. A new one is a file and a line here. */
export const catalog: Readonly<Record<string, () => Promise<Command>>> = {
  create: async () => (await import('./create.ts')).create,
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  update: async () => (await import('./update.ts')).update,
  revoke: async () => (await import('./revoke.ts')).revoke,
  logs: async () => (await import('./logs.ts')).logs,
  usage: async () => (await import('./usage.ts')).usage,
  status: async () => (await import('./status.ts')).status,
  'provider list': async () => (await import('./provider-list.ts')).providerList,
  doctor: async () => (await import('./doctor.ts')).doctor,
  help: async () => (await import('./help.ts')).help,
};

/** The words of the command that a name belongs to, or undefined: `provider list` is two. */
export function isCommand(words: string): boolean {
  return Object.hasOwn(catalog, words);
}

/** Whether a word only makes a command together with a second one. */
export function isGroup(word: string): boolean {
  return Object.keys(catalog).some((name) => name.startsWith(`${word} `));
}
