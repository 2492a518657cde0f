import { existsSync } from 'node:fs';
import { KeysError } from '../errors.ts';
import type { Key } from '../lifecycle/key.ts';
import type {
  KeyBackend,
  KeyChanges,
  KeySpec,
  LogEntry,
  LogQuery,
  Reason,
  UsageQuery,
  UsageRow,
  Verdict,
} from '../lifecycle/ports.ts';
import { Secret } from '../secret.ts';
import { capabilities, permissions } from './capabilities.ts';
import type { Connection } from './database.ts';
import { openDatabase } from './database.ts';
import { mintKey } from './key-format.ts';
import { KeyTable, toKey } from './key-table.ts';
import type { Use } from './metering.ts';
import { readLog, readUsage, recordUse } from './metering.ts';
import type { AccessRequest, Decision, Organisation, Refusal } from './policy.ts';
import { authorize, refusalOf } from './policy.ts';

export interface AuthorityOptions {
  /** The database file; made by the first write. */
  path: string;
  now: () => Date;
  /** How long to wait for other processes, in milliseconds. */
  timeout: number;
  organisation?: Organisation;
}

/**
 * The embedded issuer of keys: keeps them in one SQLite file, as hashes, and decides who may use them. Opens the file
 * when it is first asked something; reading makes no file.
 */
export class Authority implements KeyBackend {
  readonly capabilities = capabilities;
  readonly permissions = permissions;
  readonly #options: AuthorityOptions;
  #open: { database: Connection; onDisk: boolean } | undefined;

  constructor(options: AuthorityOptions) {
    this.#options = options;
  }

  async list(): Promise<Key[]> {
    const now = this.#now();
    return new KeyTable(this.#database('read')).all().map((row) => toKey(row, now));
  }

  async get(id: string): Promise<Key | undefined> {
    const row = new KeyTable(this.#database('read')).row(id);
    return row && toKey(row, this.#now());
  }

  async create(spec: KeySpec): Promise<{ key: Key; secret: Secret }> {
    const database = this.#database('write');
    const minted = mintKey();
    database.transaction(() => new KeyTable(database).insert(minted, spec, this.#now()));
    return { key: this.#key(minted.id), secret: new Secret(minted.value) };
  }

  async update(id: string, changes: KeyChanges): Promise<Key> {
    const database = this.#database('write');
    database.transaction(() => {
      const key = this.#key(id);
      if (key.status === 'revoked') throw revokedForGood(key);
      new KeyTable(database).update(id, changes);
    });
    return this.#key(id);
  }

  async revoke(id: string): Promise<boolean> {
    const database = this.#database('write');
    return database.transaction(() => {
      this.#key(id);
      return new KeyTable(database).revoke(id, this.#now());
    });
  }

  async *logs(query: LogQuery): AsyncGenerator<LogEntry> {
    yield* readLog(this.#database('read'), query);
  }

  async usage(query: UsageQuery): Promise<UsageRow[]> {
    return readUsage(this.#database('read'), query);
  }

  /** As `authorize`, without taking a place under the rate limit. */
  async verify(secret: Secret): Promise<Verdict> {
    const { organisation = {} } = this.#options;
    const refusal = refusalOf(this.#database('read'), { key: secret.reveal() }, organisation, this.#now());
    if (!refusal) return { valid: true, reason: 'ok', httpStatus: 200 };
    const reason = reasonOf(refusal);
    return { valid: reason === 'budget', reason, httpStatus: refusal.status };
  }

  /** Decides on one use of a key; see `policy.ts` for the order of the rules. */
  authorize(request: AccessRequest): Decision {
    return authorize(this.#database('write'), request, this.#options.organisation ?? {}, this.#now());
  }

  /** Meters one use of a key. */
  record(use: Use): void {
    recordUse(this.#database('write'), use, this.#now());
  }

  close(): void {
    this.#open?.database.close();
    this.#open = undefined;
  }

  #key(id: string): Key {
    const row = new KeyTable(this.#database('read')).row(id);
    if (row) return toKey(row, this.#now());
    throw new KeysError({ exit: 'notFound', code: 'no_such_key', message: `no key has the id '${id}'` });
  }

  /** A reader that found no file keeps an empty authority in memory, until there is a file. */
  #database(mode: 'read' | 'write'): Connection {
    const { path, timeout } = this.#options;
    const onDisk = mode === 'write' || existsSync(path);
    if (this.#open && (this.#open.onDisk || !onDisk)) return this.#open.database;
    this.close();
    this.#open = { database: openDatabase(onDisk ? path : undefined, timeout), onDisk };
    return this.#open.database;
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}

function revokedForGood(key: Key): KeysError {
  return new KeysError({
    exit: 'limit',
    code: 'key_revoked',
    message: `the key ${key.name} (${key.id}) is revoked, which is final`,
    hints: [`keys create ${/^[\w.-]+$/.test(key.name) ? key.name : "'<name>'"}`],
  });
}

function reasonOf({ code, keyId }: Refusal): Reason {
  if (code === 'EXPIRED_API_KEY') return 'expired';
  if (code === 'DISABLED_API_KEY') return 'forbidden';
  if (code.endsWith('BUDGET_EXCEEDED')) return 'budget';
  return keyId === undefined ? 'invalid' : 'revoked';
}
