import { randomUUID } from 'node:crypto';
import type { AccessRequest, Admission, Decision, Organisation } from '../decision.ts';
import type { KeyLookup, KnownKey } from '../key-lookup.ts';
import { hashOfKey, knownKeyColumns, toKnownKey } from '../key-lookup.ts';
import { toTime } from '../key-row.ts';
import { earliestKeptWith, logRetention } from '../log-retention.ts';
import { decide } from '../policy.ts';
import type { GateFigures, Reported, UseGate } from '../store/use-gate.ts';
import type { LostUse, Use } from '../use.ts';
import { ChangeChannel } from './change-channel.ts';
import { DatabasePool } from './database-pool.ts';
import { KnownKeys } from './known-keys.ts';
import { LogPartitions } from './log-partitions.ts';
import type { PostgresStore } from './postgres-store.ts';
import { runWork } from './run-work.ts';
import { SlotBook } from './slot-book.ts';
import { isRecorded, UseRecorder } from './use-recorder.ts';

/** How long a caller waits at most for a database that does not answer. */
const maxWaitMs = 2000;

/** How long a row of `commits` is kept: far longer than any server looks for it. */
const commitRetentionMs = 86_400_000;

export interface GateOptions {
  now: () => Date;
  organisation?: Organisation;
  /** Rate limits by this clock in place of the database's, for tests with a clock of their own. */
  ownClock?: boolean;
}

/**
 * Decides by what the database says, or by what is known of it where that is proven (`change-channel.ts`). Keys with a budget, and
 * all keys of an organisation with one, are read with each batch: what another server has acknowledged as spent counts. If the
 * database cannot be asked in time, every method rejects with `KeysError`, and nothing is admitted.
 */
export class PostgresUseGate implements UseGate {
  readonly pool: DatabasePool;
  readonly slots: SlotBook;
  readonly channel: ChangeChannel;
  readonly #store: PostgresStore;
  readonly #organisation: Organisation;
  readonly #now: () => number;
  readonly #known = new KnownKeys();
  readonly #partitions: LogPartitions;
  readonly #recorder: UseRecorder;

  /** Uses connections of its own: what happens for each use does not wait for lists. */
  constructor(store: PostgresStore, { now, organisation = {}, ownClock = false }: GateOptions) {
    this.#store = store;
    this.#organisation = organisation;
    this.#now = () => now().getTime();
    this.pool = new DatabasePool(store.pool.address, {
      ...store.options,
      timeoutMs: Math.min(maxWaitMs, store.options.timeoutMs),
    });
    this.#recorder = new UseRecorder(this.pool, this.#now);
    this.slots = new SlotBook(this.pool, ownClock ? this.#now : undefined);
    this.channel = new ChangeChannel(this.pool, {
      onChange: (id) => this.#known.forget(id),
      onLoss: () => this.#known.forgetAll(),
    });
    store.afterWrites(() => this.channel.distrust());
    this.#partitions = new LogPartitions(this.pool);
  }

  async authorize(requests: readonly AccessRequest[]): Promise<Decision[]> {
    const decisions = await this.#decide(requests);
    return this.slots.reserve(decisions);
  }

  async examine(request: AccessRequest): Promise<Decision> {
    const [decision] = await this.#decide([request]);
    if (!decision) throw new Error('a request was not decided on');
    return decision;
  }

  /** Spending is on disk once it resolves; other uses may be lost if the database crashes. */
  async record(uses: readonly Use[]): Promise<LostUse[]> {
    if (uses.length === 0) return [];
    await this.#store.ready();
    await this.#partitions.makeAhead(this.#now());
    const batch = randomUUID();
    // A batch that was recorded although its answer was lost is not recorded again.
    return this.#recorder.repeatIfLost((session) => this.#recorder.write(session, batch, uses));
  }

  async report(request: AccessRequest, use: (admission: Admission) => Use): Promise<Reported> {
    await this.#store.ready();
    const batch = randomUUID();
    const hash = hashOfKey(request.key ?? '');
    const now = this.#now();
    let earlier: Reported | undefined;
    return this.#recorder.repeatIfLost(async (session) => {
      // In this order: a change that keeps others out waits for rows of keys only once it has the table.
      await session.query('BEGIN; LOCK TABLE commits IN ROW EXCLUSIVE MODE');
      try {
        if (earlier && (await isRecorded(session, batch))) return earlier;
        const [keys, spent] = await Promise.all([
          session.query(`${readKeys} FOR NO KEY UPDATE`, [hash ? [hash] : []]),
          session.query(readSpent, [toTime(now).slice(0, 7)]),
        ]);
        const [row] = keys.rows;
        const key = row && toKnownKey(row);
        const lookup = { find: () => key, spentInMonth: () => Number(spent.rows[0]?.micros ?? 0) };
        const decision = decide(lookup, request, this.#organisation, now);
        const [lost] = decision.allowed ? await this.#recorder.write(session, batch, [use(decision)]) : [];
        earlier = { decision, lost };
        await session.query('COMMIT');
        return earlier;
      } finally {
        // After a commit, nothing.
        await session.rollback();
      }
    });
  }

  async prune(maxRows: number): Promise<number> {
    await this.#store.ready();
    const now = this.#now();
    await this.#partitions.makeAhead(now);
    const { rowCount } = await this.pool.use((session) =>
      session.query('DELETE FROM commits WHERE id IN (SELECT id FROM commits WHERE at < $1 LIMIT $2)', [
        Date.now() - commitRetentionMs,
        maxRows,
      ]),
    );
    const retention = await this.pool.use((session) =>
      runWork(session, this.pool.address.shown, logRetention()),
    );
    const earliestKept = earliestKeptWith(retention, now);
    const removedUses =
      earliestKept === undefined ? 0 : await this.#partitions.prune(earliestKept, maxRows, now);
    return Math.min(maxRows, Math.max(removedUses, rowCount ?? 0));
  }

  get figures(): GateFigures {
    const { isConnected, lostChannels } = this.channel;
    return {
      connections: this.pool.counts,
      leases: this.slots.counts,
      channel: { isConnected, lost: lostChannels },
    };
  }

  async close(): Promise<void> {
    this.channel.close();
    await this.pool.close();
  }

  async #decide(requests: readonly AccessRequest[]): Promise<Decision[]> {
    await this.#store.ready();
    const isTrusted = this.channel.isTrusted();
    const hashes = new Map<string, string>();
    for (const { key } of requests) {
      const hash = key === undefined || hashes.has(key) ? undefined : hashOfKey(key)?.toString('latin1');
      if (key !== undefined && hash !== undefined) hashes.set(key, hash);
    }
    const found = new Map<string, KnownKey>();
    for (const hash of hashes.values()) {
      const key = isTrusted ? this.#known.find(hash) : undefined;
      if (key && key.budget === null) found.set(hash, key);
    }
    const now = this.#now();
    const spent = await this.#read([...hashes.values()], found, now);
    const lookup: KeyLookup = {
      find: (value) => found.get(hashes.get(value) ?? ''),
      spentInMonth: () => spent,
    };
    return requests.map((request) => decide(lookup, request, this.#organisation, now));
  }

  /** Adds the keys that are not found yet, and returns the month's spending if that has a limit. At most one round trip. */
  async #read(hashes: readonly string[], found: Map<string, KnownKey>, now: number): Promise<number> {
    const missing = [...new Set(hashes.filter((hash) => !found.has(hash)))];
    const isLimited = this.#organisation.monthlyBudgetUsd !== undefined && hashes.length > 0;
    if (missing.length === 0 && !isLimited) return 0;
    const moment = this.#known.moment;
    const [keys, spent] = await this.pool.use((session) =>
      // Sent together.
      Promise.all([
        missing.length === 0
          ? undefined
          : session.query(readKeys, [missing.map((hash) => Buffer.from(hash, 'latin1'))], {
              name: 'keys_read',
            }),
        isLimited ? session.query(readSpent, [toTime(now).slice(0, 7)], { name: 'keys_spent' }) : undefined,
      ]),
    );
    for (const row of keys?.rows ?? []) {
      const hash = (row.secret_hash as Buffer).toString('latin1');
      const key = toKnownKey(row);
      found.set(hash, key);
      this.#known.add(hash, key, moment);
    }
    return Number(spent?.rows[0]?.micros ?? 0);
  }
}

const readKeys = `SELECT secret_hash, ${knownKeyColumns} FROM keys WHERE secret_hash = ANY($1::BYTEA[])`;
const readSpent = 'SELECT COALESCE(SUM(micros), 0) AS micros FROM spending WHERE month = $1';
