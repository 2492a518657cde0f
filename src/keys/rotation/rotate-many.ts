import { pMapIterable, pMapSkip } from 'p-map';
import type { ExitName } from '../../base/error-codes.ts';
import { isStop, KeysError } from '../../base/errors.ts';
import { Permits } from '../../platform/permits.ts';
import type { Key } from '../key.ts';
import type { RotationRecord } from './record.ts';
import { unrotated } from './record.ts';
import type { Pace, RotationServices } from './services.ts';

const defaultConcurrency = 4;

type BatchServices = Pick<RotationServices, 'interruption' | 'tell'>;
type Rotate = (old: Key, pace: Pace) => Promise<RotationRecord | undefined>;

/**
 * Rotates many keys, some in parallel: as many call the API at the same time as `concurrency` says, and as many are being
 * delivered. Up to twice as many are under way, because a key that is written down or delivered makes no call. A failure
 * does not stop the others, and each record is there as soon as its key is done. An interruption lets those finish that
 * have begun, and begins no other.
 */
export class RotationBatch {
  readonly #services: BatchServices;
  readonly #targets: readonly Key[];
  readonly #rotate: Rotate;
  readonly #onEnd: () => Promise<void> | undefined;
  readonly #records: RotationRecord[] = [];
  readonly #exits = new Set<ExitName>();
  #finished = 0;
  #isLeft = false;
  #bug: unknown;

  /** `onEnd` runs when the last rotation that has begun has ended. */
  constructor(
    services: BatchServices,
    targets: readonly Key[],
    rotate: Rotate,
    onEnd: () => Promise<void> | undefined = async () => {},
  ) {
    this.#services = services;
    this.#targets = targets;
    this.#rotate = rotate;
    this.#onEnd = onEnd;
  }

  /** What became of each key, in the order in which they are done. */
  async *run(concurrency = defaultConcurrency): AsyncGenerator<RotationRecord> {
    const { interruption, tell } = this.#services;
    await tell({ type: 'batch-started', count: this.#targets.length });
    const begun: Promise<unknown>[] = [];
    const [calls, deliveries] = [new Permits(concurrency), new Permits(concurrency)];
    const begin = (old: Key) => {
      const rotation = calls.use((aside) =>
        this.#begin(old, { aside, deliver: (work) => aside(() => deliveries.use(work)), concurrency }),
      );
      begun.push(rotation);
      return rotation;
    };
    try {
      yield* pMapIterable(this.#targets, begin, {
        concurrency: maxUnderWay(concurrency),
        // A reader that pauses, such as a pager, does not pause the rotation.
        backpressure: Number.POSITIVE_INFINITY,
        preserveOrder: false,
      });
    } finally {
      // Without a reader nothing else is begun; what has begun is finished.
      this.#isLeft = true;
      await Promise.all(begun);
      await this.#onEnd();
      await tell({ type: 'batch-drained' });
    }
    if (this.#bug) throw this.#bug;
    if (this.notStarted > 0 && !interruption.hasBegun) throw interruption.failure();
    await tell({ type: 'batch-finished', records: this.#records, notStarted: this.notStarted });
  }

  /** 5 if anything is left to do. To be asked once the records have been read. */
  get exit(): ExitName {
    const isPending = this.#records.some(({ pending }) => pending);
    if (this.notStarted > 0 || isPending || this.#exits.has('unfinished')) return 'unfinished';
    const [only, ...others] = this.#exits;
    return others.length > 0 ? 'failed' : (only ?? 'done');
  }

  get notStarted(): number {
    return this.#targets.length - this.#finished;
  }

  /** Never rejects: a bug waits until what has begun is finished. */
  async #begin(old: Key, pace: Pace): Promise<RotationRecord | typeof pMapSkip> {
    const { interruption, tell } = this.#services;
    if (interruption.asked.aborted || this.#bug || this.#isLeft) return pMapSkip;
    try {
      const record = await this.#recordOf(old, pace);
      this.#finished += 1;
      if (record) this.#records.push(record);
      await tell({ type: 'batch-step', name: old.name });
      return record ?? pMapSkip;
    } catch (error) {
      if (!isStop(error)) this.#bug ??= error;
      return pMapSkip;
    }
  }

  async #recordOf(old: Key, pace: Pace): Promise<RotationRecord | undefined> {
    try {
      return await this.#rotate(old, pace);
    } catch (error) {
      if (!(error instanceof KeysError) || isStop(error)) throw error;
      this.#exits.add(error.failure.exit);
      await this.#services.tell({ type: 'batch-failure', key: old, error });
      const { code, message, operation } = error.failure;
      return { ...unrotated(old), ...(operation && { operation }), error: { code, message } };
    }
  }
}

/** With a concurrency of 1, one key follows the other. */
function maxUnderWay(concurrency: number): number {
  return concurrency === 1 ? 1 : concurrency * 2;
}
