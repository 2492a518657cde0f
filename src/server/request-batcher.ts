import type { AccessRequest, Decision } from '../authority/decision.ts';
import type { LostUse } from '../authority/metering.ts';
import type { AuthorityService } from '../authority/service.ts';
import type { Use } from '../authority/use.ts';
import { KeysError } from '../base/errors.ts';
import { RowLimit } from './row-limit.ts';

/** A use that was enqueued is in the database after this time. */
const flushDelayMs = 10;

/** After the database refused a flush: it is busy, or its disk is full. */
const retryDelayMs = 500;

/** Requests that are decided together: callers read the first answers while more requests arrive. */
const maxBatch = 32;

/** Uses that may wait while the database accepts none; beyond them no key is admitted, as its use could not be metered. */
const maxEnqueuedUses = 100_000;

/** Log rows per key and minute, for refused uses and for what a key reports itself. Further ones are only counted. */
const maxRefusalRows = 60;
const maxReportRows = 600;

interface Waiting {
  request: AccessRequest;
  resolve: (decision: Decision) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches the uses of keys: requests that arrive in one turn of the event loop are decided in one transaction, and uses
 * are written many at a time. What it acknowledges is visible to every process.
 */
export class RequestBatcher {
  readonly #authority: AuthorityService;
  readonly #now: () => Date;
  readonly #onLoss: (loss: LostUse) => void;
  readonly #refusals = new RowLimit(maxRefusalRows);
  readonly #reports = new RowLimit(maxReportRows);
  #waiting: Waiting[] = [];
  #uses: Use[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `onLoss` receives a use that the database rejects: it would be rejected each time, and block all others. */
  constructor(authority: AuthorityService, now: () => Date, onLoss: (loss: LostUse) => void) {
    this.#authority = authority;
    this.#now = now;
    this.#onLoss = onLoss;
  }

  /** Decides whether a key may be used now. Throws `KeysError` if the database cannot be used. */
  authorize(request: AccessRequest): Promise<Decision> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#decide());
      this.#waiting.push({ request, resolve, reject });
      if (this.#waiting.length >= maxBatch) this.#decide();
    });
  }

  /** Enqueues a use that has cost nothing yet; it is written soon. */
  enqueueUse(use: Use): void {
    use.at ??= this.#now().getTime();
    // Other uses are bounded by the key's rate limit, if it has one.
    if (isRefused(use)) use.unlogged ??= this.#refusals.isExceeded(use.keyId, use.at);
    this.#uses.push(use);
    this.#timer ??= setTimeout(() => this.#flushLater(), flushDelayMs).unref();
  }

  /** As `record`, for what a key reports itself. */
  recordReport(use: Use): void {
    this.record({ ...use, unlogged: this.#reports.isExceeded(use.keyId, this.#now().getTime()) });
  }

  /** Writes a use, with all enqueued ones, before it returns: from then on its cost counts. Throws `KeysError`. */
  record(use: Use): void {
    this.#uses.push(use);
    try {
      const loss = this.flush().find((one) => one.use === use);
      if (loss) throw loss.reason;
    } catch (error) {
      // The caller learns that it failed, and may report it again.
      this.#uses = this.#uses.filter((one) => one !== use);
      throw error;
    }
  }

  /** Writes the enqueued uses and returns those that the database rejected. Throws `KeysError`, and then keeps them all. */
  flush(): LostUse[] {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#uses.length === 0) return [];
    const losses = this.#authority.record(this.#uses);
    this.#uses = [];
    for (const loss of losses) this.#onLoss(loss);
    return losses;
  }

  #flushLater(): void {
    try {
      this.flush();
    } catch {
      this.#timer = setTimeout(() => this.#flushLater(), retryDelayMs).unref();
    }
  }

  #decide(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      if (this.#uses.length > maxEnqueuedUses) throw unmetered();
      const decisions = this.#authority.authorize(waiting.map(({ request }) => request));
      waiting.forEach(({ resolve }, index) => {
        resolve(decisions[index] as Decision);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}

function isRefused({ requests, statusCode }: Use): boolean {
  return requests === 0 && statusCode >= 400;
}

function unmetered(): KeysError {
  return new KeysError({
    code: 'authority_busy',
    message: 'the database accepts no more uses, so no key is admitted: its use could not be metered',
  });
}
