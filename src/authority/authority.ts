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
import type { AccessRequest, Decision, Organisation, Refusal } from './decision.ts';
import { keyRevoked, noSuchKey } from './errors.ts';
import { requireBounds } from './key-bounds.ts';
import { hashOf, idsWithin, mint } from './key-format.ts';
import { keyLookupIn } from './key-lookup.ts';
import { toKey } from './key-row.ts';
import { isSelectable, selectedPages, summaryOf } from './key-selection.ts';
import { KeyTable } from './key-table.ts';
import { pruneLog } from './log-retention.ts';
import { readDailyRequests, readUsage, recordUses } from './metering.ts';
import { decide } from './policy.ts';
import { reserveSlots } from './rate-limit.ts';
import { DatabaseFile } from './sqlite/database-file.ts';
import type { Use } from './use.ts';
import { readLog } from './use-log.ts';

export interface AuthorityOptions {
  /** The database file; the first write creates it. */
  path: string;
  /** A file elsewhere that shows that a database once existed. */
  marker?: string;
  now: () => Date;
  /** How long to wait for other processes. */
  timeoutMs: number;
  organisation?: Organisation;
}

/** Log entries that are handed on together. */
const logPageSize = 100;

/** Log rows that one command removes. */
const maxPrunedRows = 1000;

/**
 * The embedded issuer of keys for the user of this machine: stores keys as hashes in one SQLite file and decides who may
 * use them. Opens the file on first use; reading does not create it.
 */
export class Authority implements KeyBackend, HashKeeper {
  readonly capabilities = capabilities;
  readonly permissions = permissions;
  readonly #file: DatabaseFile;
  readonly #organisation: Organisation;
  readonly #now: () => number;

  constructor({ path, marker, now, timeoutMs, organisation = {} }: AuthorityOptions) {
    this.#file = new DatabaseFile(path, timeoutMs, marker);
    this.#organisation = organisation;
    this.#now = () => now().getTime();
  }

  async list(references?: readonly string[]): Promise<Key[]> {
    const now = this.#now();
    const table = new KeyTable(this.#file.reading);
    return (references ? table.about(references) : table.all()).map((row) => toKey(row, now));
  }

  select(selection: Selection, now: Date): AsyncIterable<readonly Key[]> | undefined {
    return isSelectable(selection) ? this.#selected(selection, now) : undefined;
  }

  async summary(now: Date): Promise<Summary> {
    return summaryOf(this.#file.reading, now);
  }

  async get(id: string): Promise<Key | undefined> {
    const row = new KeyTable(this.#file.reading).row(id);
    return row && toKey(row, this.#now());
  }

  async create(spec: KeySpec): Promise<{ key: Key; secret: Secret }> {
    const database = this.#file.writing;
    requireBounds(spec);
    const newValue = mint('sk');
    database.transaction(() => new KeyTable(database).insert(newValue, spec, { owner: null }, this.#now()));
    return { key: this.#key(newValue.id), secret: new Secret(newValue.value) };
  }

  async update(id: string, changes: KeyChanges): Promise<Key> {
    const database = this.#file.writing;
    database.transaction(() => {
      const table = new KeyTable(database);
      const row = table.row(id);
      if (!row) throw noSuchKey(id);
      if (row.revoked_at !== null) throw keyRevoked({ id, name: String(row.name) });
      requireBounds({ ...changes, labels: {} });
      // The user of this machine is an admin for keys of other users.
      if (row.owner !== null) recordAdminChanges(database, id, changes);
      table.update(id, changes, this.#now());
    });
    return this.#key(id);
  }

  async revoke(id: string): Promise<boolean> {
    const database = this.#file.writing;
    return database.transaction(() => {
      this.#key(id);
      return new KeyTable(database).revoke(id, this.#now());
    });
  }

  async *#selected(selection: Selection, now: Date): AsyncGenerator<Key[]> {
    yield* selectedPages(this.#file.reading, selection, now);
  }

  logs(query: LogQuery): AsyncIterable<LogEntry> {
    return new Pages(this.#logPages(query));
  }

  async *#logPages(query: LogQuery): AsyncGenerator<LogEntry[]> {
    let page: LogEntry[] = [];
    for (const { entry } of readLog(this.#file.reading, query)) {
      if (page.push(entry) < logPageSize) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  async usage(query: UsageQuery): Promise<UsageRow[]> {
    return readUsage(this.#file.reading, query);
  }

  dailyRequests(ids: readonly string[], since: string): Map<string, Record<string, number>> {
    return readDailyRequests(this.#file.reading, ids, since);
  }

  idsIn(value: Secret): string[] {
    return idsWithin(value.reveal());
  }

  async holderOf(value: Secret): Promise<string | undefined> {
    const row = new KeyTable(this.#file.reading).rowByHash(hashOf(value.reveal()));
    return row && String(row.id);
  }

  /** As `authorize`, without reserving a rate limit slot. */
  async verify(secret: Secret): Promise<Verdict> {
    const lookup = keyLookupIn(this.#file.reading);
    const decision = decide(lookup, { key: secret.reveal() }, this.#organisation, this.#now());
    if (decision.allowed) return { valid: true, reason: 'ok', httpStatus: 200 };
    const reason = reasonOf(decision);
    return { valid: reason === 'budget', reason, httpStatus: decision.status };
  }

  /** Decides on one use of a key; see `policy.ts` for the order of the rules. */
  authorize(request: AccessRequest): Decision {
    const decision = decide(keyLookupIn(this.#file.metering), request, this.#organisation, this.#now());
    const [finalDecision = decision] = reserveSlots(this.#file.metering, [decision], this.#now());
    return finalDecision;
  }

  /** Meters one use of a key. */
  record(use: Use): void {
    const [lost] = recordUses(this.#file.metering, [use], this.#now());
    if (lost) throw lost.reason;
  }

  close(): void {
    if (this.#file.isWritten) this.#prune();
    this.#file.close();
  }

  /** Without a server, commands that write also prune the log. If this one fails, a later one succeeds. */
  #prune(): void {
    try {
      pruneLog(this.#file.writing, this.#now(), maxPrunedRows);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
    }
  }

  #key(id: string): Key {
    const row = new KeyTable(this.#file.reading).row(id);
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
