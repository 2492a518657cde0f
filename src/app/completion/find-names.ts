import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { isInFile, localProvider } from '../../accounts/profile.ts';
import { isDatabaseUrl } from '../../base/database-name.ts';
import { visible } from '../../base/sanitise.ts';
import type { Environment } from '../../platform/env.ts';
import type { Io } from '../../platform/io.ts';
import { App } from '../app.ts';
import { absolute, databaseIn } from '../database-in.ts';
import type { KeyName } from './name-cache.ts';
import { noGlobals } from './no-globals.ts';
import type { RefreshJob } from './refresh-names.ts';

/* The names that completion offers. Nothing here waits for more than the disk. */

/** A text that can stand in place of a word. */
export interface Candidate {
  value: string;
  description?: string;
  /** More may follow in the same word. */
  isOpen?: boolean;
}

/** What a name depends on. */
export interface NameRequest {
  /** What is typed of it. More names than start with it are fine. */
  prefix: string;
  /** The value of a flag that was given. */
  flag(name: 'profile' | 'provider' | 'url' | 'db'): string | undefined;
}

export type NameKind = 'key' | 'operation' | 'profile' | 'provider' | 'session' | 'sink' | 'source';

const maxNameLength = 120;

/** The names of one command line. */
export class NameFinder {
  readonly #io: Io;
  #refresh: RefreshJob | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  /** What a process in the background should do for the next request; undefined: the names are as good as they get. */
  get refresh(): RefreshJob | undefined {
    return this.#refresh;
  }

  async find(kind: NameKind, request: NameRequest): Promise<readonly Candidate[]> {
    const { flag, prefix } = request;
    const place = { profile: flag('profile'), provider: flag('provider'), url: flag('url') };
    const app = new App(this.#io, { ...noGlobals, ...place });
    const finders: Readonly<Record<NameKind, () => readonly Candidate[] | Promise<readonly Candidate[]>>> = {
      key: async () => candidatesFor(await this.#keys(app, request), prefix),
      operation: () => operations(app.paths.operations),
      profile: () => profiles(app),
      provider: () => providers(app.paths.providers),
      session: () => this.#sessions(app, flag('db')),
      sink: async () => places(app, (await import('../../sinks/sink-spec.ts')).sinkKinds, prefix),
      source: () => places(app, sourceKinds, prefix),
    };
    return finders[kind]();
  }

  async #keys(app: App, { prefix, flag }: NameRequest): Promise<readonly KeyName[]> {
    const profile = await app.profile();
    if (isInFile(profile)) {
      const { readKeyNames } = await import('../../authority/names.ts');
      return readKeyNames(profile.url ?? app.paths.authorityDatabase, prefix);
    }
    const { NameCache } = await import('./name-cache.ts');
    const cache = new NameCache(profile, this.#io);
    const now = this.#io.now();
    if (cache.takeTurn(now)) {
      const { env } = this.#io;
      const named = { KEYS_PROFILE: flag('profile'), KEYS_PROVIDER: flag('provider'), KEYS_URL: flag('url') };
      this.#refresh = { env: { ...definedOf(env, /^KEYS_/), ...definedOf(named) } };
    }
    return cache.names(now);
  }

  async #sessions(app: App, db: string | undefined): Promise<Candidate[]> {
    const { readSessionNames } = await import('../../authority/names.ts');
    const named = db === undefined ? databaseIn(this.#io) : absolute(db, this.#io.cwd);
    const path = named ?? app.paths.authorityDatabase;
    if (isDatabaseUrl(path)) return [];
    const sessions = readSessionNames(path, this.#io.now().getTime());
    return sessions.map(({ id, name }) => ({ value: id, description: name }));
  }
}

function definedOf(env: Environment, names = /^/): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, text]) =>
    text !== undefined && names.test(name) ? [[name, text] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** Each key by its name, or by its id: if no shell could show the name, and if no name starts with what is typed. */
function candidatesFor(keys: readonly KeyName[], prefix: string): Candidate[] {
  const byName = new Map<string, Candidate>();
  for (const { id, name } of keys) {
    const value = isShowable(name) ? name : id;
    if (!byName.has(value)) byName.set(value, { value, description: value === id ? name : id });
  }
  const isStarted = [...byName.keys()].some((value) => value.startsWith(prefix));
  return isStarted ? [...byName.values()] : keys.map(({ id, name }) => ({ value: id, description: name }));
}

/** At the start of a word, a hyphen makes a flag. */
function isShowable(name: string): boolean {
  return name !== '' && name.length <= maxNameLength && !name.startsWith('-') && visible(name) === name;
}

async function operations(folder: string): Promise<Candidate[]> {
  const { readOperations } = await import('../../journal/operations.ts');
  const open = await readOperations(folder, async () => {});
  return open.map(({ header: { id, plan } }) => ({ value: id, description: `${plan.kind} ${plan.name}` }));
}

async function profiles(app: App): Promise<Candidate[]> {
  const { profiles: stored } = await app.config();
  const all = { [localProvider.id]: { provider: localProvider.id, url: null }, ...stored };
  return Object.entries(all).map(([value, { provider, url }]) => ({
    value,
    description: url === null ? provider : `${provider} ${url}`,
  }));
}

async function providers(folder: string): Promise<Candidate[]> {
  const { allProviders } = await import('../../providers/catalog.ts');
  const all = [localProvider, ...(await allProviders(folder, async () => {}))];
  return all.map(({ id, name }) => ({ value: id, description: name }));
}

/** What `--from` and the like take. */
const sourceKinds: Readonly<Record<string, string>> = {
  'keychain:NAME': 'the keychain of the system',
  'file:PATH': 'a file that contains only the secret',
  'env:PATH#NAME': 'one variable of a dotenv file',
};

/** The kinds, each up to its colon; after it, what the kind has. */
async function places(
  app: App,
  kinds: Readonly<Record<string, string>>,
  prefix: string,
): Promise<readonly Candidate[]> {
  const [, kind, rest] = /^(file|env|login):(.*)$/s.exec(prefix) ?? [];
  if (
    kind === undefined ||
    rest === undefined ||
    !Object.keys(kinds).some((form) => form.startsWith(`${kind}:`))
  )
    return Object.entries(kinds).map(([form, description]) => {
      const value = form.replace(/:.*/s, ':');
      return { value, description, isOpen: value.endsWith(':') };
    });
  const found = kind === 'login' ? await profiles(app) : paths(rest, app.io.cwd);
  return found.map((one) => ({
    ...one,
    value: `${kind}:${one.value}${kind === 'env' && !one.isOpen ? '#' : ''}`,
    isOpen: one.isOpen || kind === 'env',
  }));
}

/** What is in the folder of a path that is being typed; hidden files only once their dot is typed. */
function paths(typed: string, cwd: string): Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  const start = typed.slice(folder.length);
  return readdirSync(resolve(cwd, folder), { withFileTypes: true })
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((entry) => ({
      value: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`,
      isOpen: entry.isDirectory(),
    }));
}
