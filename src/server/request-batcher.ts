import type { AccessRequest, Decision } from '../authority/decision.ts';
import type { LostUse } from '../authority/metering.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Use } from '../authority/use.ts';
import { KeysError } from '../base/errors.ts';
import { RowLimit } from './row-limit.ts';

/** Milliseconds after which a use that was noted is in the database at the latest. */
const noteDelay = 10;

/** Requests that are decided together at the most: callers read the first answers while more requests come in. */
const mostTogether = 32;

/** Uses that may wait while the database takes none; past them nothing is admitted that could not be metered. */
const mostNotes = 100_000;

/** Rows in the log for one key and minute: for refused uses, and for what a key reports itself. The others are counted. */
const mostRefusals = 60;
const mostReports = 600;

interface Waiting {
  request: AccessRequest;
  decide: (decision: Decision) => void;
  fail: (error: unknown) => void;
}

/**
 * Where uses of keys come together: those that arrive in one turn of the event loop are decided together, in one
 * transaction, and uses are written many at once. What is acknowledged by the desk is there for every process.
 */
export class Desk {
  readonly #authority: AuthorityService;
  readonly #now: () => Date;
  readonly #onLoss: (loss: LostUse) => void;
  readonly #refusals = new RowLimit(mostRefusals);
  readonly #reports = new RowLimit(mostReports);
  #waiting: Waiting[] = [];
  #notes: Use[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `onLoss` is told of a use that the database refuses: it would be refused each time, and hold up all others. */
  constructor(authority: AuthorityService, now: () => Date, onLoss: (loss: LostUse) => void) {
    this.#authority = authority;
    this.#now = now;
    this.#onLoss = onLoss;
  }

  /** Decides whether a key may be used now. Throws `KeysError` where the database cannot be used. */
  authorize(request: AccessRequest): Promise<Decision> {
    return new Promise((decide, fail) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#decide());
      this.#waiting.push({ request, decide, fail });
      if (this.#waiting.length >= mostTogether) this.#decide();
    });
  }

  /** Notes a use that cost nothing yet; it is written soon. */
  note(use: Use): void {
    use.at ??= this.#now().getTime();
    // Other uses take a place under the key's rate limit, if it has one.
    if (isRefused(use)) use.unlogged ??= this.#refusals.isTooMany(use.keyId, use.at);
    this.#notes.push(use);
    this.#timer ??= setTimeout(() => this.#writeLater(), noteDelay).unref();
  }

  /** As `record`, for what a key says of itself. */
  recordReport(use: Use): void {
    this.record({ ...use, unlogged: this.#reports.isTooMany(use.keyId, this.#now().getTime()) });
  }

  /** Writes a use before it returns, with all that were noted: from here on its cost counts. Throws `KeysError`. */
  record(use: Use): void {
    this.#notes.push(use);
    try {
      const lost = this.flush().find((one) => one.use === use);
      if (lost) throw lost.reason;
    } catch (error) {
      // The caller is told that it failed, and may report it again.
      this.#notes = this.#notes.filter((one) => one !== use);
      throw error;
    }
  }

  /** Writes what was noted, and returns what the database refused. Throws `KeysError`, and then keeps it all. */
  flush(): LostUse[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#notes.length === 0) return [];
    const lost = this.#authority.record(this.#notes);
    this.#notes = [];
    for (const one of lost) this.#onLoss(one);
    return lost;
  }

  #writeLater(): void {
    try {
      this.flush();
    } catch {
      // The database is busy, or its disk is full: it may have room later.
      this.#timer = setTimeout(() => this.#writeLater(), 50 * noteDelay).unref();
    }
  }

  #decide(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      if (this.#notes.length > mostNotes) throw unmetered();
      const decisions = this.#authority.authorize(waiting.map(({ request }) => request));
      waiting.forEach(({ decide }, index) => {
        decide(decisions[index] as Decision);
      });
    } catch (error) {
      for (const { fail } of waiting) fail(error);
    }
  }
}

function isRefused({ requests, statusCode }: Use): boolean {
  return requests === 0 && statusCode >= 400;
}

function unmetered(): KeysError {
  return new KeysError({
    code: 'authority_busy',
    message: 'the database takes no more uses: nothing is admitted that could not be metered',
  });
}
