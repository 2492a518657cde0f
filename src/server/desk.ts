import type { Use } from '../authority/metering.ts';
import type { Office } from '../authority/office.ts';
import type { AccessRequest, Decision } from '../authority/policy.ts';
import { KeysError } from '../errors.ts';

/** Milliseconds after which a use that was noted is in the database at the latest. */
const noteDelay = 10;

/** Requests that are decided together at the most: callers read the first answers while more requests come in. */
const mostTogether = 32;

/** Uses that may wait while the database takes none; past them nothing is admitted that could not be metered. */
const mostNotes = 100_000;

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
  readonly #office: Office;
  readonly #now: () => Date;
  #waiting: Waiting[] = [];
  #notes: Use[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(office: Office, now: () => Date) {
    this.#office = office;
    this.#now = now;
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
    this.#notes.push(use);
    this.#timer ??= setTimeout(() => this.#writeLater(), noteDelay).unref();
  }

  /** Writes a use before it returns, with all that were noted: from here on its cost counts. Throws `KeysError`. */
  record(use: Use): void {
    this.#notes.push(use);
    try {
      this.flush();
    } catch (error) {
      // The caller is told that it failed, and may report it again.
      this.#notes = this.#notes.filter((one) => one !== use);
      throw error;
    }
  }

  /** Writes what was noted. Throws `KeysError`, and then keeps it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#notes.length === 0) return;
    this.#office.record(this.#notes);
    this.#notes = [];
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
      const decisions = this.#office.authorize(waiting.map(({ request }) => request));
      waiting.forEach(({ decide }, index) => {
        decide(decisions[index] as Decision);
      });
    } catch (error) {
      for (const { fail } of waiting) fail(error);
    }
  }
}

function unmetered(): KeysError {
  return new KeysError({
    exit: 'failed',
    code: 'authority_busy',
    message: 'the database takes no more uses: nothing is admitted that could not be metered',
  });
}
