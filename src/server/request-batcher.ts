import type { AccessRequest, Admission, Decision } from '../authority/decision.ts';
import type { UseGate } from '../authority/store/use-gate.ts';
import type { LostUse, Use } from '../authority/use.ts';
import { areEqual } from '../authority/use.ts';
import { KeysError } from '../base/errors.ts';
import { RowLimit } from './row-limit.ts';

/** A use that was enqueued is on its way to the database after this time. */
const flushDelayMs = 10;

/** The same once so many have come since the last batch: waking the thread that writes takes as long as some answers. */
const busyFlushDelayMs = 25;
const busyUses = 50;

/** After the database refused uses: it is busy, or its disk is full. */
const retryDelayMs = 500;

/** Requests that are decided together: callers read the first answers while more requests arrive. */
const maxBatch = 64;

/** Uses that may wait while the database accepts none; beyond them no key is admitted, as its use could not be metered. */
const maxEnqueuedUses = 100_000;

/** Log rows per key and minute, for refused uses and for what a key reports itself. Further ones are only counted. */
const maxRefusalRows = 60;
const maxReportRows = 600;

/** Writes uses and resolves with those that the database rejects. Rejects with `KeysError` if it wrote none. */
export type RecordUses = (uses: readonly Use[]) => Promise<LostUse[]>;

/** Receives how many uses were decided on, or written, together. */
export type OnBatch = (of: 'decisions' | 'uses', size: number) => void;

/** A use that is to be decided on, and who wants to know. */
export interface PendingDecision {
  request: AccessRequest;
  resolve: (decision: Decision) => void;
  reject: (error: unknown) => void;
}

/**
 * Batches the uses of keys: requests that arrive in one turn of the event loop are decided in one transaction, and uses
 * are written many at a time. What it acknowledges is visible to every process.
 */
export class RequestBatcher {
  readonly #gate: UseGate;
  readonly #now: () => Date;
  readonly #onLoss: (loss: LostUse) => void;
  readonly #refusals = new RowLimit(maxRefusalRows);
  readonly #reports = new RowLimit(maxReportRows);
  readonly #recordUses: RecordUses;
  readonly #onBatch: OnBatch;
  #waiting: PendingDecision[] = [];
  #uses: Use[] = [];
  /** The enqueued use of each key that came last: in a busy millisecond, many are equal. */
  readonly #latestByKey = new Map<string, Use>();
  /** How many have been enqueued since the last batch. */
  #enqueued = 0;
  #isBusy = false;
  /** Uses that are being written. */
  #writing: readonly Use[] = [];
  #written: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /**
   * `onLoss` receives a use that the database rejects: it would be rejected each time, and block all others. `recordUses`
   * writes the enqueued uses, on this thread if it is absent. `onBatch` is told of each batch.
   */
  constructor(
    gate: UseGate,
    now: () => Date,
    onLoss: (loss: LostUse) => void,
    recordUses: RecordUses = async (uses) => gate.record(uses),
    onBatch: OnBatch = () => {},
  ) {
    this.#onBatch = onBatch;
    this.#gate = gate;
    this.#now = now;
    this.#onLoss = onLoss;
    this.#recordUses = recordUses;
  }

  /** Decides whether a key may be used now. Throws `KeysError` if the database cannot be used. */
  authorize(request: AccessRequest): Promise<Decision> {
    return new Promise((resolve, reject) => this.decide({ request, resolve, reject }));
  }

  /** As `authorize`, without a promise for each use. Neither function may throw. */
  decide(pending: PendingDecision): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#decideAll());
    this.#waiting.push(pending);
    if (this.#waiting.length >= maxBatch) this.#decideAll();
  }

  /** Enqueues a use that has cost nothing yet; it is written soon. */
  enqueueUse(use: Use): void {
    use.at ??= this.#now().getTime();
    // Other uses are bounded by the key's rate limit, if it has one.
    if (isRefused(use)) use.unlogged ??= this.#refusals.isExceeded(use.keyId, use.at);
    const latest = this.#latestByKey.get(use.keyId);
    if (latest && areEqual(latest, use)) latest.times = (latest.times ?? 1) + 1;
    else {
      this.#uses.push(use);
      this.#latestByKey.set(use.keyId, use);
    }
    this.#enqueued += 1;
    this.#flushAfter(this.#isBusy ? busyFlushDelayMs : flushDelayMs);
  }

  /** As `record`, for what a key reports itself, which is refused if the key may not be used. */
  async report(request: AccessRequest, use: (admission: Admission) => Use): Promise<Decision> {
    const reported = this.#gate.report(request, (admission) => {
      const { keyId } = admission;
      return { ...use(admission), unlogged: this.#reports.isExceeded(keyId, this.#now().getTime()) };
    });
    const { decision, lost } = await reported;
    this.#requireRecorded(lost);
    return decision;
  }

  /** Once it resolves, the use is written and its cost counts. Rejects with `KeysError`. */
  async record(use: Use): Promise<void> {
    const [lost] = await this.#gate.record([use]);
    this.#requireRecorded(lost);
  }

  #requireRecorded(lost: LostUse | undefined): void {
    if (!lost) return;
    this.#onLoss(lost);
    throw lost.reason;
  }

  /** Resolves once every use that was enqueued before is written. Rejects with `KeysError`, and then keeps them. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // One batch at a time: those that could not be written stay in front.
    this.#written = this.#written.catch(() => {}).then(() => this.#write());
    await this.#written;
  }

  async #write(): Promise<void> {
    if (this.#uses.length === 0) return;
    this.#isBusy = this.#enqueued >= busyUses;
    this.#enqueued = 0;
    this.#writing = this.#uses;
    this.#onBatch('uses', this.#writing.length);
    this.#uses = [];
    this.#latestByKey.clear();
    try {
      const losses = await this.#recordUses(this.#writing);
      for (const loss of losses) this.#onLoss(loss);
    } catch (error) {
      this.#uses = [...this.#writing, ...this.#uses];
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#flushAfter(retryDelayMs);
      throw error;
    } finally {
      this.#writing = [];
    }
  }

  #flushAfter(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch(() => {});
    }, delayMs).unref();
  }

  #decideAll(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    this.#onBatch('decisions', waiting.length);
    try {
      if (this.#uses.length + this.#writing.length > maxEnqueuedUses) throw unmetered();
      const decisions = this.#gate.authorize(waiting.map(({ request }) => request));
      if (!(decisions instanceof Promise)) tellAll(waiting, decisions);
      else
        decisions.then(
          (late) => tellAll(waiting, late),
          (error) => rejectAll(waiting, error),
        );
    } catch (error) {
      rejectAll(waiting, error);
    }
  }
}

function tellAll(waiting: readonly PendingDecision[], decisions: readonly Decision[]): void {
  waiting.forEach((pending, index) => {
    pending.resolve(decisions[index] as Decision);
  });
}

function rejectAll(waiting: readonly PendingDecision[], error: unknown): void {
  for (const pending of waiting) pending.reject(error);
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
