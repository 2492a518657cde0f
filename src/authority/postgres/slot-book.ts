import { monotonicMs } from '../../platform/monotonic.ts';
import type { Decision, RateLimit } from '../decision.ts';
import { underLimit } from '../policy.ts';
import type { DatabasePool } from './database-pool.ts';
import { leaseMs } from './functions.ts';

const windowMs = 60_000;

/** A key leases slots while it is used at least this often. */
const busyMs = 250;

/** A lease holds what this process is expected to use in so long: what it does not use, no other one can. */
const leaseAheadMs = 250;

/** The most that one lease holds: a hundredth of the limit, and no more than this. */
const leaseShare = 100;
const maxLease = 1000;

/** Round trips at a time, and keys that one asks for. */
const maxAsks = 4;
const maxKeysPerAsk = 64;

/** Keys whose leases are remembered. */
const maxBooks = 10_000;

/** What this process holds of one key's slots. */
interface Book {
  limit: number;
  /** Leased slots that are left, and until when they may be used. */
  left: number;
  until: number;
  rateLimit: RateLimit;
  lastAsked: number;
  /** The uses of the last `leaseAheadMs`, those long ago counting less, as of `countedAt`. */
  demand: number;
  countedAt: number;
}

/** Uses of one batch that want slots of one key. */
interface Wish {
  keyId: string;
  limit: number;
  /** Where in `outcome` they are, those that are decided taken out. */
  indexes: number[];
  outcome: Decision[];
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The slots of keys with a rate limit, exact over all servers: each one is taken in the database before it is given away.
 *
 * Leases: to spare round trips, a key that is used all the time takes in advance, for a second, what it has used in the last
 * quarter of one, and no more than a hundredth of its limit. Leased slots count as taken, so the limit is never exceeded.
 * What that costs is fairness: a server may refuse a use while another one still holds slots for that second, and slots
 * that are not used are lost for a minute (`docs/scaling.md` has figures). Nothing is leased of the last tenth of a limit, nor
 * of a limit below 200: there, each slot is given to the server that asks first.
 *
 * A key is in one round trip at a time. What needs its slots meanwhile asks together after it: round trips that wait for each
 * other's lock on the row would take longer the more of them there are, until each lease is over before it arrives.
 */
export class SlotBook {
  readonly #pool: DatabasePool;
  readonly #now: (() => number) | undefined;
  readonly #books = new Map<string, Book>();
  /** In the order in which they came. */
  #wishes: Wish[] = [];
  /** Keys that are in a round trip. */
  readonly #asking = new Set<string>();
  #asks = 0;
  #leasedSlots = 0;
  #unusedSlots = 0;
  #roundTrips = 0;

  /** `now`: a clock in place of the database's, for tests. */
  constructor(pool: DatabasePool, now: (() => number) | undefined) {
    this.#pool = pool;
    this.#now = now;
  }

  get counts(): { leased: number; unused: number; roundTrips: number } {
    return { leased: this.#leasedSlots, unused: this.#unusedSlots, roundTrips: this.#roundTrips };
  }

  /** Reserves a slot for each admission to a key with a rate limit. Returns the other decisions unchanged. */
  async reserve(decisions: readonly Decision[]): Promise<Decision[]> {
    const outcome = [...decisions];
    const now = monotonicMs();
    const fulfilled = wantedSlots(decisions).map(({ keyId, limit, indexes }) => {
      const book = this.#books.get(keyId);
      if (book) countDemand(book, indexes.length, now);
      return new Promise<void>((resolve, reject) => {
        const wish = { keyId, limit, indexes, outcome, resolve, reject };
        if (this.#asking.has(keyId) || !this.#isLeased(wish)) this.#wishes.push(wish);
      });
    });
    this.#askNext();
    await Promise.all(fulfilled);
    return outcome;
  }

  /** Gives away what is leased. Whether that is enough; the wish is fulfilled then. */
  #isLeased({ keyId, limit, indexes, outcome, resolve }: Wish): boolean {
    const book = this.#books.get(keyId);
    if (book && (book.limit !== limit || monotonicMs() >= book.until)) {
      this.#unusedSlots += book.left;
      book.left = 0;
    }
    while (book && book.left > 0 && indexes.length > 0) {
      book.left -= 1;
      grant(outcome, indexes.shift(), true, book.rateLimit);
    }
    if (indexes.length === 0) resolve();
    return indexes.length === 0;
  }

  /** Asks for what is wished for, but not for keys that are in a round trip. */
  #askNext(): void {
    while (this.#asks < maxAsks) {
      const asked = new Map<string, Wish[]>();
      this.#wishes = this.#wishes.filter((wish) => this.#mustWait(wish, asked));
      if (asked.size === 0) return;
      void this.#ask(asked);
    }
  }

  /** Whether a wish stays in the queue; otherwise it is among those that are asked for, or fulfilled. */
  #mustWait(wish: Wish, asked: Map<string, Wish[]>): boolean {
    const { keyId, limit } = wish;
    const others = asked.get(keyId);
    if (this.#asking.has(keyId) || (others ? others[0]?.limit !== limit : asked.size >= maxKeysPerAsk))
      return true;
    if (others) others.push(wish);
    else if (!this.#isLeased(wish)) asked.set(keyId, [wish]);
    return false;
  }

  /** Never rejects: its wishes do, and with them those that wait for the same database. */
  async #ask(asked: ReadonlyMap<string, readonly Wish[]>): Promise<void> {
    const sentAt = monotonicMs();
    this.#asks += 1;
    this.#roundTrips += 1;
    for (const keyId of asked.keys()) this.#asking.add(keyId);
    const requests = [...asked].map(([keyId, wishes]) => {
      const limit = wishes[0]?.limit ?? 0;
      const wanted = wishes.reduce((sum, { indexes }) => sum + indexes.length, 0);
      return [keyId, limit, wanted, this.#extraFor(keyId, limit, sentAt)];
    });
    try {
      const { rows } = await this.#pool.use((session) =>
        session.query(
          'SELECT * FROM reserve_slots($1, $2)',
          [JSON.stringify(requests), this.#now?.() ?? null],
          {
            name: 'keys_reserve_slots',
          },
        ),
      );
      for (const row of rows) this.#book(asked.get(String(row.key)) ?? [], row, sentAt);
      for (const { resolve } of [...asked.values()].flat()) resolve();
    } catch (error) {
      const waiting = this.#wishes.splice(0);
      for (const { reject } of [...asked.values(), waiting].flat()) reject(error);
    } finally {
      this.#asks -= 1;
      for (const keyId of asked.keys()) this.#asking.delete(keyId);
      this.#askNext();
    }
  }

  #book(wishes: readonly Wish[], row: Record<string, unknown>, sentAt: number): void {
    const limit = wishes[0]?.limit ?? 0;
    const [granted, leased, before] = [row.granted, row.leased, row.before].map(Number) as [
      number,
      number,
      number,
    ];
    const resetSeconds = Math.max(
      1,
      Math.ceil((Number(row.frees_at) + windowMs - Number(row.moment)) / 1000),
    );
    const places = wishes.flatMap(({ outcome, indexes }) => indexes.map((index) => ({ outcome, index })));
    places.forEach(({ outcome, index }, place) => {
      const remaining = Math.max(0, limit - before - place - 1);
      grant(outcome, index, place < granted, { limit, remaining, resetSeconds });
    });
    const book = this.#books.get(String(row.key));
    if (!book || leased === 0) return;
    this.#leasedSlots += leased;
    this.#unusedSlots += book.left;
    Object.assign(book, {
      left: leased,
      until: sentAt + leaseMs,
      rateLimit: { limit, remaining: Math.max(0, limit - before - granted - leased), resetSeconds },
    });
  }

  /** How many slots to lease besides those that are needed now. */
  #extraFor(keyId: string, limit: number, now: number): number {
    const book = this.#books.get(keyId);
    if (!book) {
      if (this.#books.size >= maxBooks) this.#books.clear();
      const rateLimit = { limit, remaining: 0, resetSeconds: 1 };
      this.#books.set(keyId, {
        limit,
        left: 0,
        until: 0,
        rateLimit,
        lastAsked: now,
        demand: 0,
        countedAt: now,
      });
      return 0;
    }
    const size = Math.min(maxLease, Math.floor(limit / leaseShare), Math.floor(book.demand));
    const isBusy = now - book.lastAsked < busyMs && book.limit === limit;
    Object.assign(book, { limit, lastAsked: now });
    return isBusy && size > 1 ? size : 0;
  }
}

function countDemand(book: Book, count: number, now: number): void {
  book.demand = book.demand * Math.exp((book.countedAt - now) / leaseAheadMs) + count;
  book.countedAt = now;
}

function wantedSlots(decisions: readonly Decision[]): Pick<Wish, 'keyId' | 'limit' | 'indexes'>[] {
  const byKey = new Map<string, Pick<Wish, 'keyId' | 'limit' | 'indexes'>>();
  decisions.forEach((decision, index) => {
    if (!decision.allowed || decision.limit === null) return;
    const { keyId, limit } = decision;
    const wanted = byKey.get(keyId) ?? { keyId, limit, indexes: [] };
    wanted.indexes.push(index);
    byKey.set(keyId, wanted);
  });
  return [...byKey.values()];
}

function grant(
  outcome: Decision[],
  index: number | undefined,
  isGranted: boolean,
  rateLimit: RateLimit,
): void {
  const decision = index === undefined ? undefined : outcome[index];
  if (index === undefined || !decision?.allowed) return;
  outcome[index] = underLimit(decision, isGranted, rateLimit);
}
