import { KeysError } from '../base/errors.ts';
import { Pages } from '../base/pages.ts';
import { Secret } from '../base/secret.ts';
import type { Key } from '../keys/key.ts';
import type { HashKeeper } from '../keys/match.ts';
import type {
  KeyBackend,
  KeyChanges,
  KeySpec,
  LogEntry,
  LogQuery,
  UsageQuery,
  UsageRow,
} from '../keys/ports.ts';
import type { Selection } from '../keys/select.ts';
import type { Summary } from '../keys/summary.ts';
import type { Reason, Verdict } from '../keys/verdict.ts';
import { recordAdminChanges } from './admin-limits.ts';
import { capabilities, permissions } from './capabilities.ts';
import type { Organisation, Refusal } from './decision.ts';
import { keyRevoked, noSuchKey } from './errors.ts';
import { requireBounds } from './key-bounds.ts';
import type { MintedValue } from './key-format.ts';
import { hashOf, idsWithin, mint } from './key-format.ts';
import { readLookup } from './key-lookup.ts';
import { toKey } from './key-row.ts';
import { isSelectable, selectedPages, summaryOf } from './key-selection.ts';
import { KeyTable } from './key-table.ts';
import { pruneLog } from './log-retention.ts';
import { readDailyRequests, readUsage } from './metering.ts';
import { decide } from './policy.ts';
import type { Store } from './store/store.ts';
import type { Work } from './store/work.ts';
import { readLog } from './use-log.ts';

export interface AuthorityOptions {
  store: Store;
  now: () => Date;
  organisation?: Organisation;
}

/** Log entries that are handed on together. */
const logPageSize = 100;

/** Log rows that one command removes. */
const maxPrunedRows = 1000;

/** The embedded issuer of keys for the user of this machine: stores keys as hashes and decides who may use them. */
export class Authority implements KeyBackend, HashKeeper {
  readonly capabilities = capabilities;
  readonly permissions = permissions;
  readonly #store: Store;
  readonly #organisation: Organisation;
  readonly #now: () => number;
  readonly #table = new KeyTable();

  constructor({ store, now, organisation = {} }: AuthorityOptions) {
    this.#store = store;
    this.#organisation = organisation;
    this.#now = () => now().getTime();
  }

  async list(references?: readonly string[]): Promise<Key[]> {
    const now = this.#now();
    const rows = this.#store.read(() => (references ? this.#table.about(references) : this.#table.all()));
    return (await rows).map((row) => toKey(row, now));
  }

  select(selection: Selection, now: Date): AsyncIterable<readonly Key[]> | undefined {
    return isSelectable(selection) ? selectedPages(this.#store, selection, now) : undefined;
  }

  summary(now: Date, withUsage: boolean): Promise<Summary> {
    return this.#store.read(() => summaryOf(now, withUsage));
  }

  async get(id: string): Promise<Key | undefined> {
    const row = await this.#store.read(() => this.#table.row(id));
    return row && toKey(row, this.#now());
  }

  async create(spec: KeySpec): Promise<{ key: Key; secret: Secret }> {
    requireBounds(spec);
    const newValue = mint('sk');
    const key = await this.#store.write(() => this.#create(newValue, spec));
    return { key, secret: new Secret(newValue.value) };
  }

  update(id: string, changes: KeyChanges): Promise<Key> {
    return this.#store.write(() => this.#update(id, changes));
  }

  revoke(id: string): Promise<boolean> {
    return this.#store.write(() => this.#revoke(id));
  }

  logs(query: LogQuery): AsyncIterable<LogEntry> {
    return new Pages(this.#logPages(query));
  }

  async *#logPages(query: LogQuery): AsyncGenerator<LogEntry[]> {
    let page: LogEntry[] = [];
    for await (const { entry } of readLog(this.#store, query)) {
      if (page.push(entry) < logPageSize) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  usage(query: UsageQuery): Promise<UsageRow[]> {
    return this.#store.read(() => readUsage(query));
  }

  dailyRequests(ids: readonly string[], since: string): Promise<Map<string, Record<string, number>>> {
    return this.#store.read(() => readDailyRequests(ids, since));
  }

  idsIn(value: Secret): string[] {
    return idsWithin(value.reveal());
  }

  async holderOf(value: Secret): Promise<string | undefined> {
    const row = await this.#store.read(() => this.#table.rowByHash(hashOf(value.reveal())));
    return row && String(row.id);
  }

  /** Decides on a use, without reserving a rate limit slot. */
  async verify(secret: Secret): Promise<Verdict> {
    const key = secret.reveal();
    const now = this.#now();
    const lookup = await this.#store.read(() => readLookup([key], this.#organisation, now));
    const decision = decide(lookup, { key }, this.#organisation, now);
    if (decision.allowed) return { valid: true, reason: 'ok', httpStatus: 200 };
    const reason = reasonOf(decision);
    return { valid: reason === 'budget', reason, httpStatus: decision.status };
  }

  async close(): Promise<void> {
    if (this.#store.isWritten) await this.#prune();
    await this.#store.close();
  }

  /** Without a server, commands that write also prune the log. If this one fails, a later one succeeds. */
  async #prune(): Promise<void> {
    try {
      await pruneLog(this.#store, this.#now(), maxPrunedRows);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
    }
  }

  *#create(newValue: MintedValue, spec: KeySpec): Work<Key> {
    yield* this.#table.insert(newValue, spec, { owner: null }, this.#now());
    return yield* this.#key(newValue.id);
  }

  *#update(id: string, changes: KeyChanges): Work<Key> {
    const row = yield* this.#table.row(id);
    if (!row) throw noSuchKey(id);
    if (row.revoked_at !== null) throw keyRevoked({ id, name: String(row.name) });
    requireBounds({ ...changes, labels: {} });
    // The user of this machine is an admin for keys of other users.
    if (row.owner !== null) yield* recordAdminChanges(id, changes);
    yield* this.#table.update(id, changes, this.#now());
    return yield* this.#key(id);
  }

  *#revoke(id: string): Work<boolean> {
    yield* this.#key(id);
    return yield* this.#table.revoke(id, this.#now());
  }

  *#key(id: string): Work<Key> {
    const row = yield* this.#table.row(id);
    if (row) return toKey(row, this.#now());
    throw noSuchKey(id);
  }
}

function reasonOf({ code, keyId }: Refusal): Reason {
  if (code === 'EXPIRED_API_KEY') return 'expired';
  if (code === 'DISABLED_API_KEY') return 'forbidden';
  if (code.endsWith('BUDGET_EXCEEDED')) return 'budget';
  return keyId === undefined ? 'invalid' : 'revoked';
}
