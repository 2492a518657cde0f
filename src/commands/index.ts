import type { Command } from './define.ts';

/** Every command, in the order in which help lists them. A new one is a file and a line here. */
export const catalog: Readonly<Record<string, () => Promise<Command>>> = {
  login: async () => (await import('./login.ts')).login,
  logout: async () => (await import('./logout.ts')).logout,
  status: async () => (await import('./status.ts')).status,
  'profile list': async () => (await import('./profile-list.ts')).profileList,
  'profile use': async () => (await import('./profile-use.ts')).profileUse,
  'profile remove': async () => (await import('./profile-remove.ts')).profileRemove,
  'provider list': async () => (await import('./provider-list.ts')).providerList,
  'provider show': async () => (await import('./provider-show.ts')).providerShow,
  'provider check': async () => (await import('./provider-check.ts')).providerCheck,
  create: async () => (await import('./create.ts')).create,
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  update: async () => (await import('./update.ts')).update,
  revoke: async () => (await import('./revoke.ts')).revoke,
  rotate: async () => (await import('./rotate.ts')).rotate,
  recover: async () => (await import('./recover.ts')).recover,
  logs: async () => (await import('./logs.ts')).logs,
  usage: async () => (await import('./usage.ts')).usage,
  verify: async () => (await import('./verify.ts')).verify,
  find: async () => (await import('./find.ts')).find,
  run: async () => (await import('./run.ts')).run,
  snippet: async () => (await import('./snippet.ts')).snippet,
  api: async () => (await import('./api.ts')).api,
  backup: async () => (await import('./backup.ts')).backup,
  restore: async () => (await import('./restore.ts')).restore,
  serve: async () => (await import('./serve.ts')).serve,
  'session create': async () => (await import('./session-create.ts')).sessionCreate,
  'session list': async () => (await import('./session-list.ts')).sessionList,
  'session revoke': async () => (await import('./session-revoke.ts')).sessionRevoke,
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
