import type { Command } from '../cli/define.ts';

/** Every command, in the order in which help lists them. A new one is a file and a line here. */
export const catalog: Readonly<Record<string, () => Promise<Command>>> = {
  login: async () => (await import('./profile/login.ts')).login,
  logout: async () => (await import('./profile/logout.ts')).logout,
  status: async () => (await import('./profile/status.ts')).status,
  'profile list': async () => (await import('./profile/profile-list.ts')).profileList,
  'profile use': async () => (await import('./profile/profile-use.ts')).profileUse,
  'profile remove': async () => (await import('./profile/profile-remove.ts')).profileRemove,
  'provider list': async () => (await import('./provider/provider-list.ts')).providerList,
  'provider show': async () => (await import('./provider/provider-show.ts')).providerShow,
  'provider check': async () => (await import('./provider/provider-check.ts')).providerCheck,
  create: async () => (await import('./key/create.ts')).create,
  list: async () => (await import('./key/list.ts')).list,
  show: async () => (await import('./key/show.ts')).show,
  update: async () => (await import('./key/update.ts')).update,
  revoke: async () => (await import('./key/revoke.ts')).revoke,
  rotate: async () => (await import('./key/rotate.ts')).rotate,
  recover: async () => (await import('./key/recover.ts')).recover,
  logs: async () => (await import('./key/logs.ts')).logs,
  usage: async () => (await import('./key/usage.ts')).usage,
  verify: async () => (await import('./key/verify.ts')).verify,
  find: async () => (await import('./key/find.ts')).find,
  run: async () => (await import('./key/run.ts')).run,
  snippet: async () => (await import('./key/snippet.ts')).snippet,
  api: async () => (await import('./provider/api.ts')).api,
  backup: async () => (await import('./authority/backup.ts')).backup,
  restore: async () => (await import('./authority/restore.ts')).restore,
  serve: async () => (await import('./authority/serve.ts')).serve,
  'session create': async () => (await import('./authority/session-create.ts')).sessionCreate,
  'session list': async () => (await import('./authority/session-list.ts')).sessionList,
  'session revoke': async () => (await import('./authority/session-revoke.ts')).sessionRevoke,
  doctor: async () => (await import('./profile/doctor.ts')).doctor,
  help: async () => (await import('../cli/help.ts')).help,
};

/** The words of the command that a name belongs to, or undefined: `provider list` is two. */
export function isCommand(words: string): boolean {
  return Object.hasOwn(catalog, words);
}

/** Whether a word only makes a command together with a second one. */
export function isGroup(word: string): boolean {
  return Object.keys(catalog).some((name) => name.startsWith(`${word} `));
}
