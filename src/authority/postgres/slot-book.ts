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
  isAsking: boolean;
  /** The uses of the last `leaseAheadMs`, those long ago counting less, as of `countedAt`. */
  demand: number;
  countedAt: number;
}

interface Wanted {
  limit: number;
  indexes: number[];
}

/**
 * The slots of keys with a rate limit, exact over all servers: each one is taken in the database before it is given away.
 *
 * Leases: to spare round trips, a key that is used all the time takes in advance, for a second, what it has used in the last
 * quarter of one, and no more than a hundredth of its limit. Leased slots count as taken, so the limit is never exceeded.
 * What that costs is fairness: a server may refuse a use while another one still holds slots for that second, and slots
 * that are not used are lost for a minute (`docs/scaling.md` has figures). Nothing is leased of the last tenth of a limit, nor
 * of a limit below 200: there, each slot is given to the server that asks first.
 */
export class SlotBook {
  readonly #pool: DatabasePool;
  readonly #now: (() => number) | undefined;
  readonly #books = new Map<string, Book>();
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
    const requests: [keyId: string, wanted: Wanted][] = [];
    for (const [keyId, wanted] of wantedSlots(decisions)) {
      this.#takeLeased(outcome, keyId, wanted);
      if (wanted.indexes.length > 0) requests.push([keyId, wanted]);
    }
    if (requests.length > 0) await this.#ask(outcome, requests);
    return outcome;
  }

  /** Gives away what is leased, and leaves the rest. */
  #takeLeased(outcome: Decision[], keyId: string, wanted: Wanted): void {
    const book = this.#books.get(keyId);
    if (!book) return;
    countDemand(book, wanted.indexes.length, monotonicMs());
    if (book.limit !== wanted.limit || monotonicMs() >= book.until) {
      this.#unusedSlots += book.left;
      book.left = 0;
    }
    while (book.left > 0 && wanted.indexes.length > 0) {
      book.left -= 1;
      grant(outcome, wanted.indexes.shift(), true, book.rateLimit);
    }
  }

  async #ask(outcome: Decision[], requests: readonly [keyId: string, wanted: Wanted][]): Promise<void> {
    const sentAt = monotonicMs();
    const asked = requests.map(([keyId, { limit, indexes }]) => {
      const extra = this.#extraFor(keyId, limit, sentAt);
      return [keyId, limit, indexes.length, extra];
    });
    this.#roundTrips += 1;
    try {
      const { rows } = await this.#pool.use((session) =>
        session.query('SELECT * FROM reserve_slots($1, $2)', [JSON.stringify(asked), this.#now?.() ?? null], {
          name: 'keys_reserve_slots',
        }),
      );
      const wantedSlots = new Map(requests);
      for (const row of rows) {
        const wanted = wantedSlots.get(String(row.key));
        if (wanted) this.#book(outcome, wanted, row, sentAt);
      }
    } finally {
      for (const [keyId] of requests) {
        const book = this.#books.get(keyId);
        if (book) book.isAsking = false;
      }
    }
  }

  #book(outcome: Decision[], { limit, indexes }: Wanted, row: Record<string, unknown>, sentAt: number): void {
    const [granted, leased, before] = [row.granted, row.leased, row.before].map(Number) as [
      number,
      number,
      number,
    ];
    const resetSeconds = Math.max(
      1,
      Math.ceil((Number(row.frees_at) + windowMs - Number(row.moment)) / 1000),
    );
    indexes.forEach((index, place) => {
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
        isAsking: true,
        demand: 0,
        countedAt: now,
      });
      return 0;
    }
    const size = Math.min(maxLease, Math.floor(limit / leaseShare), Math.floor(book.demand));
    const isBusy = now - book.lastAsked < busyMs && !book.isAsking && book.limit === limit;
    Object.assign(book, { limit, lastAsked: now, isAsking: true });
    return isBusy && size > 1 ? size : 0;
  }
}

function countDemand(book: Book, count: number, now: number): void {
  book.demand = book.demand * Math.exp((book.countedAt - now) / leaseAheadMs) + count;
  book.countedAt = now;
}

function wantedSlots(decisions: readonly Decision[]): Map<string, Wanted> {
  const byKey = new Map<string, Wanted>();
  decisions.forEach((decision, index) => {
    if (!decision.allowed || decision.limit === null) return;
    const wanted = byKey.get(decision.keyId) ?? { limit: decision.limit, indexes: [] };
    wanted.indexes.push(index);
    byKey.set(decision.keyId, wanted);
  });
  return byKey;
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
