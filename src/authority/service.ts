import type { AuthorityOptions } from './authority.ts';
import type { AccessRequest, Decision, Organisation, Refusal } from './decision.ts';
import type { KeyLookup, KnownKey } from './key-lookup.ts';
import { CachedKeyLookup } from './key-lookup.ts';
import type { Retention } from './log-retention.ts';
import { pruneLog, setLogRetention } from './log-retention.ts';
import type { LostUse } from './metering.ts';
import { recordUses } from './metering.ts';
import { decide } from './policy.ts';
import { reserveSlots } from './rate-limit.ts';
import { ScopedKeys } from './scoped-keys.ts';
import type { Caller } from './sessions.ts';
import { Sessions } from './sessions.ts';
import type { Connection } from './sqlite/connection.ts';
import { newerDatabase } from './sqlite/database-errors.ts';
import { DatabaseFile } from './sqlite/database-file.ts';
import { isCurrent } from './sqlite/open-database.ts';
import type { Use } from './use.ts';
import { Users } from './users.ts';

/** Ten times what SQLite allows: pages of the write-ahead log. The recording thread merges them, so no request waits for it. */
const maxLogPages = 10_000;

/** Remembered budget stops; forgetting one costs a sync. */
const maxRememberedStops = 10_000;

/** The authority behind `keys serve`: for users who manage keys of their own, and for calls that use keys. */
export class AuthorityService {
  readonly organisation: Organisation;
  /** How the database is opened, for a thread that opens it too. */
  readonly settings: Omit<AuthorityOptions, 'now'>;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly #file: DatabaseFile;
  readonly #now: () => number;
  #lookup: CachedKeyLookup | undefined;
  /** Budget stops that are on disk. */
  readonly #persistedStops = new Set<string>();

  constructor({ now, ...settings }: AuthorityOptions) {
    const { path, marker, timeoutMs, organisation = {} } = settings;
    this.settings = settings;
    this.organisation = organisation;
    this.#file = new DatabaseFile(path, timeoutMs, marker);
    this.#now = () => now().getTime();
    this.sessions = new Sessions(this.#file, this.#now);
    this.users = new Users(this.#file);
  }

  /** Creates a missing file and migrates its tables. Throws `KeysError` if the file cannot be used. */
  open(): void {
    this.#file.writing.get('SELECT 1');
    this.#file.metering.get('SELECT 1');
  }

  /** Throws `KeysError` unless the database can be used and its tables are those of this program. */
  requireReady(): void {
    this.open();
    if (!isCurrent(this.#file.writing)) throw newerDatabase("the authority's database");
  }

  /** Leaves merging the write-ahead log to a thread that records uses, unless it falls far behind. */
  leaveMerging(): void {
    this.#file.writing.mergeAfter(maxLogPages);
    this.#file.metering.mergeAfter(maxLogPages);
  }

  /** The keys as one caller sees them. */
  keysOf(caller: Caller): ScopedKeys {
    return new ScopedKeys(this.#file, this.organisation, this.#now, caller);
  }

  /**
   * Decides on a batch of uses and reserves their rate limit slots: exact across all processes. Refuses the very next use
   * of a key that any process has revoked. Once a caller is told that a budget is spent, it stays spent, even after a power
   * failure.
   */
  authorize(requests: readonly AccessRequest[]): Decision[] {
    // Read once: each access checks the file.
    const database = this.#file.metering;
    const cachedLookup = this.#cachedLookup(database);
    cachedLookup.refresh();
    const now = this.#now();
    const lookup = oncePerKey(cachedLookup);
    const decisions = requests.map((request) => decide(lookup, request, this.organisation, now));
    for (const decision of decisions) {
      if (!decision.allowed && decision.status === 402) this.#persistStop(decision);
    }
    return reserveSlots(database, decisions, now);
  }

  /** Decides without reserving a rate limit slot. Changes nothing. */
  examine(request: AccessRequest): Decision {
    const cachedLookup = this.#cachedLookup(this.#file.metering);
    cachedLookup.refresh();
    return decide(cachedLookup, request, this.organisation, this.#now());
  }

  /** Sets how long the log keeps its rows. */
  setLogRetention(retention: Retention): void {
    setLogRetention(this.#file.writing, retention);
  }

  /** Removes expired log rows, at most `maxRows`. Returns how many it removed. */
  prune(maxRows: number): number {
    return pruneLog(this.#file.metering, this.#now(), maxRows);
  }

  /** Records a batch of uses in one transaction, without a sync. Returns those that the database rejects. */
  record(uses: readonly Use[]): LostUse[] {
    try {
      return recordUses(this.#file.metering, uses, this.#now());
    } finally {
      this.#lookup?.forget();
    }
  }

  close(): void {
    this.#file.close();
    this.#lookup = undefined;
  }

  #cachedLookup(database: Connection): CachedKeyLookup {
    this.#lookup ??= new CachedKeyLookup(database);
    return this.#lookup;
  }

  /**
   * Puts a budget stop on disk. A synced commit also puts all earlier commits on disk, including the spending that caused
   * the stop. It has to change something, because SQLite does not write unchanged values.
   */
  #persistStop({ code, keyId = '', details }: Refusal): void {
    const now = this.#now();
    const month = new Date(now).toISOString().slice(0, 7);
    const stop = [code, code === 'BUDGET_EXCEEDED' ? keyId : '', details.budget_usd, month].join(' ');
    if (this.#persistedStops.has(stop)) return;
    const database = this.#file.writing;
    database.transaction(() => database.run('UPDATE keys SET stopped_at = ? WHERE id = ?', now, keyId));
    if (this.#persistedStops.size >= maxRememberedStops) this.#persistedStops.clear();
    this.#persistedStops.add(stop);
  }
}

/** For a batch of requests: hashes each key once, however many requests use it. */
function oncePerKey(lookup: KeyLookup): KeyLookup {
  const knownKeys = new Map<string, KnownKey | undefined>();
  return {
    find(value) {
      if (!knownKeys.has(value)) knownKeys.set(value, lookup.find(value));
      return knownKeys.get(value);
    },
    spentInMonth: (now) => lookup.spentInMonth(now),
  };
}
