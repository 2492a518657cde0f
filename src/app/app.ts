import { chooseProfile } from '../accounts/choose-profile.ts';
import { readConfig } from '../accounts/config.ts';
import type { Config, Profile } from '../accounts/profile.ts';
import { isEmbedded } from '../accounts/profile.ts';
import type { TokenContext } from '../accounts/tokens/token-context.ts';
import { isDatabaseUrl } from '../base/database-name.ts';
import type { Key } from '../keys/key.ts';
import type { Journal } from '../keys/operations/operation.ts';
import type { KeyBackend } from '../keys/ports.ts';
import { withoutPlace } from '../platform/env.ts';
import type { Io } from '../platform/io.ts';
import type { Paths } from '../platform/paths.ts';
import { hasOperations, trustedPaths } from '../platform/paths.ts';
import type { Connection } from './connection.ts';
import type { Context, GlobalFlags } from './context.ts';
import { databaseIn } from './database-in.ts';
import { Dialogue } from './dialogue.ts';
import { listKeys, showKey } from './lookup.ts';

/** What commands run with. Each service is made on first use, and loads its code only then. */
export class App extends Dialogue implements Context {
  #backend: Promise<KeyBackend> | undefined;
  #journal: Promise<Journal> | undefined;
  #tokenContext: TokenContext | undefined;
  #paths: Paths | undefined;
  readonly #closing: (() => Promise<void>)[] = [];

  get paths(): Paths {
    this.#paths ??= trustedPaths(this.io.env, this.io.cwd);
    return this.#paths;
  }

  config(): Promise<Config> {
    return readConfig(this.paths.configFile, (text) => this.warnOnce(text));
  }

  async profile(): Promise<Profile> {
    return chooseProfile(await this.config(), this.io.env, {
      ...this.globals,
      database: databaseIn(this.io),
    });
  }

  async connection(): Promise<Connection | undefined> {
    const profile = await this.profile();
    if (isEmbedded(profile)) return undefined;
    const { openConnection } = await import('./connection.ts');
    return openConnection(profile, this.paths.providers, this.io.env);
  }

  /** One object per command: it remembers what the keychain answered. */
  get tokenContext(): TokenContext {
    const { env, cwd } = this.io;
    const warn = (text: string) => this.warn(text);
    const isInteractive = () => this.interactive;
    this.#tokenContext ??= {
      ...{ env, cwd, paths: this.paths, warn },
      // Asked for late, because the answer opens stdin.
      get interactive() {
        return isInteractive();
      },
    };
    return this.#tokenContext;
  }

  forProfile(place: Partial<GlobalFlags> & { profile: string }): App {
    const io: Io = Object.create(this.io, { env: { value: withoutPlace(this.io.env) } });
    const globals = { ...this.globals, provider: undefined, url: undefined, ...place };
    const { words, interruption, reporter } = this;
    const app = new App(io, globals, words, { interruption, reporter });
    this.atEnd(() => app.close());
    return app;
  }

  startMutation(): () => void {
    return this.interruption.begin();
  }

  atEnd(close: () => Promise<void>): void {
    this.#closing.push(close);
  }

  /** The keychain is reached through a process, which takes as long to start as this one: meanwhile, the rest is loaded. */
  async #readTokenEarly({ name, url, tokenCommand, store = 'keychain' }: Profile): Promise<void> {
    const { env } = this.io;
    const isElsewhere = tokenCommand || store !== 'keychain' || env.KEYS_TOKEN || env.KEYS_TOKEN_FILE;
    if (isElsewhere || !url || !URL.canParse(url)) return;
    const { openStore } = await import('../accounts/tokens/token-store.ts');
    openStore(store, this.tokenContext).readEarly({ profile: name, origin: new URL(url).origin });
    this.atEnd(async () => {
      (await import('../platform/keychain/open-keychain.ts')).endKeychainProcesses();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((close) => close()));
  }

  backend(): Promise<KeyBackend> {
    this.#backend ??= this.#openBackend();
    return this.#backend;
  }

  journal(db?: string): Promise<Journal> {
    if (db !== undefined) return this.#openJournal(db);
    this.#journal ??= this.#openJournal();
    return this.#journal;
  }

  async #openJournal(db?: string): Promise<Journal> {
    return (await import('./open-journal.ts')).openJournalOf(this, db);
  }

  async requireFinished(name: string): Promise<void> {
    if (hasOperations(this.paths)) await (await import('./open-operations.ts')).requireFinished(this, name);
  }

  key(reference: string): Promise<Key> {
    return showKey(this, reference);
  }

  keys(references?: readonly string[]): Promise<Key[]> {
    return listKeys(this, references);
  }

  async #openBackend(): Promise<KeyBackend> {
    await this.#readTokenEarly(await this.profile());
    const connection = await this.connection();
    if (connection) return (await import('./open-remote.ts')).openRemote(this, connection);
    const { authorityDatabase, authorityMarker } = this.paths;
    const { url } = await this.profile();
    const path = url ?? authorityDatabase;
    if (isDatabaseUrl(path)) return (await import('./open-postgres.ts')).openPostgresAuthority(this, path);
    const marker = path === authorityDatabase ? { marker: authorityMarker } : {};
    const { openSqliteAuthority } = await import('../authority/sqlite/sqlite-authority.ts');
    await this.debug(`the embedded authority, ${path}`);
    return openSqliteAuthority({ path, ...marker, timeoutMs: this.timeout }, () => this.io.now());
  }
}
