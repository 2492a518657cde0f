import type { AccessRequest, Admission, Decision, Organisation, Refusal } from '../decision.ts';
import type { KeyLookup, KnownKey } from '../key-lookup.ts';
import { expiredBefore, removeUses } from '../log-retention.ts';
import { recordUses } from '../metering.ts';
import { decide } from '../policy.ts';
import type { FullKey } from '../rate-limit.ts';
import { needSlots, reserveSlots } from '../rate-limit.ts';
import type { Reported, UseGate } from '../store/use-gate.ts';
import type { LostUse, Use } from '../use.ts';
import { CachedKeyLookup } from './cached-lookup.ts';
import type { Connection } from './connection.ts';
import type { DatabaseFile } from './database-file.ts';
import { FullKeys } from './full-keys.ts';
import { runNow } from './run-now.ts';
import type { SqliteStore } from './sqlite-store.ts';

/** Remembered budget stops; forgetting one costs a sync. */
const maxRememberedStops = 10_000;

/** Decides at once: everything is in this process. */
export class SqliteUseGate implements UseGate {
  readonly #file: DatabaseFile;
  readonly #organisation: Organisation;
  readonly #now: () => number;
  #lookup: CachedKeyLookup | undefined;
  readonly #fullKeys = new FullKeys();
  /** Budget stops that are on disk. */
  readonly #persistedStops = new Set<string>();

  constructor({ connections }: SqliteStore, now: () => Date, organisation: Organisation = {}) {
    this.#file = connections;
    this.#now = () => now().getTime();
    this.#organisation = organisation;
  }

  /** Refuses the very next use of a key that any process has revoked. */
  authorize(requests: readonly AccessRequest[]): Decision[] {
    // Read once: each access checks the file.
    const database = this.#file.metering;
    const cachedLookup = this.#freshLookup(database);
    const now = this.#now();
    const lookup = oncePerKey(cachedLookup);
    const decisions = oncePerRequest(requests, (request) => decide(lookup, request, this.#organisation, now));
    for (const decision of decisions) {
      if (!decision.allowed && decision.status === 402) this.#persistStop(decision);
    }
    const limited = this.#fullKeys.refuse(decisions, now);
    if (!needSlots(limited)) return limited;
    const found: FullKey[] = [];
    const reserved = database.transaction(() =>
      runNow(
        database,
        reserveSlots(limited, now, (key) => found.push(key)),
      ),
    );
    for (const key of found) this.#fullKeys.add(key, now);
    return reserved;
  }

  examine(request: AccessRequest): Decision {
    const cachedLookup = this.#freshLookup(this.#file.metering);
    return decide(cachedLookup, request, this.#organisation, this.#now());
  }

  /** Without a sync. */
  record(uses: readonly Use[]): LostUse[] {
    const database = this.#file.metering;
    try {
      return database.transaction(() => runNow(database, recordUses(uses, this.#now())));
    } finally {
      this.#lookup?.forget();
    }
  }

  report(request: AccessRequest, use: (admission: Admission) => Use): Reported {
    const decision = this.examine(request);
    if (!decision.allowed) return { decision };
    const [lost] = this.record([use(decision)]);
    return { decision, lost };
  }

  prune(maxRows: number): number {
    const database = this.#file.metering;
    const earliestKept = runNow(database, expiredBefore(this.#now()));
    if (earliestKept === undefined) return 0;
    return database.transaction(() => runNow(database, removeUses(earliestKept, maxRows)));
  }

  close(): void {
    this.#lookup = undefined;
    this.#fullKeys.forget();
  }

  /** Forgets what is cached if another connection has committed since the last call. */
  #freshLookup(database: Connection): CachedKeyLookup {
    this.#lookup ??= new CachedKeyLookup(database);
    if (this.#lookup.refresh()) this.#fullKeys.forget();
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

/** For a batch of requests: those that name nothing but a key share the decision on it. */
function oncePerRequest(
  requests: readonly AccessRequest[],
  decideOn: (request: AccessRequest) => Decision,
): Decision[] {
  const byKey = new Map<string | undefined, Decision>();
  return requests.map((request) => {
    const { key, model, models, permission } = request;
    if (model !== undefined || models !== undefined || permission !== undefined) return decideOn(request);
    const decision = byKey.get(key) ?? decideOn(request);
    byKey.set(key, decision);
    return decision;
  });
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
