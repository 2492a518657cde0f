import type { ExitName } from '../../base/error-codes.ts';
import { isStop, KeysError } from '../../base/errors.ts';
import type { Key } from '../key.ts';
import type { RotationRecord } from './record.ts';
import { unrotated } from './record.ts';
import type { RotationServices } from './services.ts';

const defaultConcurrency = 4;

type Work = (old: Key) => Promise<RotationRecord | undefined>;

/**
 * Rotates many keys, some in parallel. A failure does not stop the others, and each record is there as soon as its key
 * is done. An interruption lets those finish that have begun, and begins no other.
 */
export class RotationBatch {
  readonly #services: RotationServices;
  readonly #queue: Key[];
  readonly #count: number;
  readonly #work: Work;
  readonly #records: RotationRecord[] = [];
  readonly #exits = new Set<ExitName>();
  #wasAbandoned = false;
  #bug: unknown;

  constructor(services: RotationServices, targets: readonly Key[], work: Work) {
    this.#services = services;
    this.#queue = [...targets];
    this.#count = targets.length;
    this.#work = work;
  }

  /** What became of each key, in the order in which they are done. */
  async *run(concurrency = defaultConcurrency): AsyncGenerator<RotationRecord> {
    const { interruption, tell } = this.#services;
    await tell({ type: 'batch-started', count: this.#count });
    let given = 0;
    let wake = () => {};
    const workers = Promise.all(
      Array.from({ length: concurrency }, () =>
        this.#workOff(() => wake()).catch((error: unknown) => {
          this.#bug ??= error;
          this.#queue.length = 0;
        }),
      ),
    );
    let isOver = false;
    let isRead = false;
    const end = workers.then(() => {
      isOver = true;
      wake();
    });
    try {
      while (!isOver || given < this.#records.length) {
        const record = this.#records[given];
        if (record) {
          given += 1;
          yield record;
        } else {
          await new Promise<void>((resume) => {
            wake = resume;
            if (isOver || this.#records.length > given) resume();
          });
        }
      }
      isRead = true;
    } finally {
      // Without a reader nothing else is begun; what has begun is finished.
      const left = this.#queue.splice(0, isRead ? 0 : this.#queue.length);
      await end;
      this.#wasAbandoned = left.length > 0;
      await tell({ type: 'batch-drained' });
    }
    if (this.#bug) throw this.#bug;
    if (this.#queue.length > 0 && !interruption.hasBegun) throw interruption.failure();
    await tell({ type: 'batch-finished', records: this.#records, notStarted: this.#queue.length });
  }

  /** 5 if anything is left to do. To be asked once the records have been read. */
  get exit(): ExitName {
    const isPending = this.#records.some(({ pending }) => pending);
    if (this.#wasAbandoned || this.#queue.length > 0 || isPending || this.#exits.has('unfinished'))
      return 'unfinished';
    const [only, ...others] = this.#exits;
    return others.length > 0 ? 'failed' : (only ?? 'done');
  }

  async #workOff(onRecord: () => void): Promise<void> {
    const { interruption, tell } = this.#services;
    while (!interruption.asked.aborted) {
      const old = this.#queue.shift();
      if (!old) return;
      const record = await this.#rotate(old).catch((error: unknown) => {
        if (!isStop(error)) throw error;
        this.#queue.push(old);
      });
      if (interruption.asked.aborted && !record) return;
      if (record) this.#records.push(record);
      await tell({ type: 'batch-step', name: old.name });
      onRecord();
    }
  }

  async #rotate(old: Key): Promise<RotationRecord | undefined> {
    try {
      return await this.#work(old);
    } catch (error) {
      if (!(error instanceof KeysError) || isStop(error)) throw error;
      this.#exits.add(error.failure.exit);
      await this.#services.tell({ type: 'batch-failure', key: old, error });
      const { code, message, operation } = error.failure;
      return { ...unrotated(old), ...(operation && { operation }), error: { code, message } };
    }
  }
}
