import type { AuthorityOptions } from './authority.ts';
import type { Connection } from './database/connection.ts';
import { DatabaseFile } from './database/database-file.ts';
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
import type { Use } from './use.ts';
import { Users } from './users.ts';

/** Budget stops that are remembered as being on disk; forgetting one costs a sync. */
const mostStops = 10_000;

/** The authority as many have it at once: users with keys of their own, and those who use the keys. */
export class AuthorityService {
  readonly organisation: Organisation;
  readonly sessions: Sessions;
  readonly users: Users;
  readonly #file: DatabaseFile;
  readonly #now: () => number;
  #lookup: CachedKeyLookup | undefined;
  /** Stops of budgets that are on disk. */
  readonly #settled = new Set<string>();

  constructor({ path, marker, now, timeout, organisation = {} }: AuthorityOptions) {
    this.organisation = organisation;
    this.#file = new DatabaseFile(path, timeout, marker);
    this.#now = () => now().getTime();
    this.sessions = new Sessions(this.#file, this.#now);
    this.users = new Users(this.#file);
  }

  /** Makes the file where there is none, and brings its tables up to date. Throws `KeysError` where it cannot be used. */
  open(): void {
    this.#file.writing.get('SELECT 1');
    this.#file.metering.get('SELECT 1');
  }

  /** The keys as one caller sees them. */
  keysOf(caller: Caller): ScopedKeys {
    return new ScopedKeys(this.#file, this.organisation, this.#now, caller);
  }

  /**
   * Decides on uses of keys that come together, and takes their places under the rate limits: exact across all processes.
   * The very next use of a key that was revoked anywhere is refused. Whoever is told that a budget is spent can rely on it
   * from then on, also after a power cut.
   */
  authorize(requests: readonly AccessRequest[]): Decision[] {
    // Asked for once: each time it looks at the file.
    const database = this.#file.metering;
    const kept = this.#keptIn(database);
    kept.refresh();
    const now = this.#now();
    const lookup = oncePerKey(kept);
    const decisions = requests.map((request) => decide(lookup, request, this.organisation, now));
    for (const decision of decisions) {
      if (!decision.allowed && decision.status === 402) this.#settle(decision);
    }
    return reserveSlots(database, decisions, now);
  }

  /** What would be decided, rate limits aside. Changes nothing. */
  examine(request: AccessRequest): Decision {
    const kept = this.#keptIn(this.#file.metering);
    kept.refresh();
    return decide(kept, request, this.organisation, this.#now());
  }

  /** How long rows of the log are kept: a span such as `90d`, or `never` to remove none. */
  setLogRetention(retention: Retention): void {
    setLogRetention(this.#file.writing, retention);
  }

  /** Removes rows that the log need not keep, at most so many; how many these were. */
  prune(most: number): number {
    return pruneLog(this.#file.metering, this.#now(), most);
  }

  /** Meters uses of keys, many in one transaction, without a sync. Returns those that the database refuses. */
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

  #keptIn(database: Connection): CachedKeyLookup {
    this.#lookup ??= new CachedKeyLookup(database);
    return this.#lookup;
  }

  /**
   * A synced commit takes all commits before it to the disk: with it the spending that the stop follows from. It has to
   * change something, for SQLite does not write what is the same.
   */
  #settle({ code, keyId = '', details }: Refusal): void {
    const now = this.#now();
    const month = new Date(now).toISOString().slice(0, 7);
    const stop = [code, code === 'BUDGET_EXCEEDED' ? keyId : '', details.budget_usd, month].join(' ');
    if (this.#settled.has(stop)) return;
    const database = this.#file.writing;
    database.transaction(() => database.run('UPDATE keys SET stopped_at = ? WHERE id = ?', now, keyId));
    if (this.#settled.size >= mostStops) this.#settled.clear();
    this.#settled.add(stop);
  }
}

/** For requests that come together: many of one key take its hash once. */
function oncePerKey(lookup: KeyLookup): KeyLookup {
  const found = new Map<string, KnownKey | undefined>();
  return {
    find(value) {
      if (!found.has(value)) found.set(value, lookup.find(value));
      return found.get(value);
    },
    spentInMonth: (now) => lookup.spentInMonth(now),
  };
}
