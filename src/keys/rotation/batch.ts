import type { Context } from '../../app/context.ts';
import type { ExitName } from '../../base/error-codes.ts';
import { isStop, KeysError } from '../../base/errors.ts';
import type { Result } from '../../output/present.ts';
import type { Progress } from '../../output/progress.ts';
import type { Terminal } from '../../output/style.ts';
import type { RotationRecord } from '../../output/views/rotated.ts';
import type { Key } from '../key.ts';
import { rotationColumns, unrotated } from './record.ts';

const usualConcurrency = 4;

/**
 * Rotates many keys, some at a time. One failure does not stop the others, and each record is there as soon as its key
 * is done. Ctrl-C lets those end that have begun, and begins no other. The exit code is 5 where anything is left to do.
 */
export async function rotateSeveral(
  context: Context,
  targets: readonly Key[],
  work: (old: Key) => Promise<RotationRecord | undefined>,
  concurrency = usualConcurrency,
): Promise<Result> {
  const fleet = new Fleet(context, targets, work, await progressOf(context, targets.length));
  const result: Result = {
    kind: 'rows',
    rows: fleet.run(concurrency, (exit) => {
      result.exit = exit;
    }),
    columns: rotationColumns,
    table: (records, terminal) => table(records as readonly RotationRecord[], terminal),
  };
  return result;
}

async function progressOf(context: Context, count: number): Promise<Progress | undefined> {
  if (!context.io.stderr.isTTY || context.globals.quiet || count < 2) return undefined;
  return (await import('../../output/progress.ts')).startProgress((line) => context.setStatus(line), count);
}

async function table(records: readonly RotationRecord[], terminal: Terminal): Promise<string> {
  const { rotatedLine } = await import('../../output/views/rotated.ts');
  return records.map((record) => rotatedLine(record, terminal)).join('');
}

class Fleet {
  readonly #app: Context;
  readonly #queue: Key[];
  readonly #work: (old: Key) => Promise<RotationRecord | undefined>;
  readonly #progress: Progress | undefined;
  readonly #records: RotationRecord[] = [];
  readonly #exits = new Set<ExitName>();
  #bug: unknown;

  constructor(
    context: Context,
    targets: readonly Key[],
    work: (old: Key) => Promise<RotationRecord | undefined>,
    progress: Progress | undefined,
  ) {
    this.#app = context;
    this.#queue = [...targets];
    this.#work = work;
    this.#progress = progress;
  }

  /** What becomes of each key, in the order in which they are done. */
  async *run(concurrency: number, onEnd: (exit: ExitName) => void): AsyncGenerator<RotationRecord> {
    let told = 0;
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
      while (!isOver || told < this.#records.length) {
        const record = this.#records[told];
        if (record) {
          told += 1;
          yield record;
        } else {
          await new Promise<void>((resume) => {
            wake = resume;
            if (isOver || this.#records.length > told) resume();
          });
        }
      }
      isRead = true;
    } finally {
      // Where nobody reads any more, nothing else is begun; what has begun is brought to its end.
      const left = this.#queue.splice(0, isRead ? 0 : this.#queue.length);
      await end;
      if (left.length > 0) onEnd('unfinished');
      await this.#progress?.end();
    }
    if (this.#bug) throw this.#bug;
    if (this.#queue.length > 0 && !this.#app.interruption.hasBegun) throw this.#app.interruption.failure();
    await this.#app.note(summaryOf(this.#records, this.#queue.length));
    onEnd(this.#exit());
  }

  async #workOff(onRecord: () => void): Promise<void> {
    const { asked } = this.#app.interruption;
    while (!asked.aborted) {
      const old = this.#queue.shift();
      if (!old) return;
      const record = await this.#rotate(old).catch((error: unknown) => {
        if (!isStop(error)) throw error;
        this.#queue.push(old);
      });
      if (asked.aborted && !record) return;
      if (record) this.#records.push(record);
      await this.#progress?.step(old.name);
      onRecord();
    }
  }

  async #rotate(old: Key): Promise<RotationRecord | undefined> {
    try {
      return await this.#work(old);
    } catch (error) {
      if (!(error instanceof KeysError) || isStop(error)) throw error;
      this.#exits.add(error.failure.exit);
      if (!this.#app.isHumanOutput) await this.#app.warn(`${old.name} (${old.id}): ${error.message}`);
      return failed(old, error);
    }
  }

  /** Something that waits for somebody outweighs a plain failure. */
  #exit(): ExitName {
    if (this.#queue.length > 0 || this.#records.some(({ pending }) => pending)) return 'unfinished';
    const [only, ...others] = this.#exits;
    if (this.#exits.has('unfinished')) return 'unfinished';
    return others.length > 0 ? 'failed' : (only ?? 'done');
  }
}

function summaryOf(records: readonly RotationRecord[], notBegun: number): string {
  const count = (test: (record: RotationRecord) => unknown) => records.filter(test).length;
  const parts: [number, string][] = [
    [count(({ changed }) => changed), 'rotated'],
    [records.flatMap(({ retired }) => retired).length, 'retired'],
    [count(({ changed, error, pending }) => !changed && !error && !pending), 'not due'],
    [count(({ pending }) => pending), 'pending'],
    [count(({ error }) => error), 'failed'],
    [notBegun, 'not begun'],
  ];
  const said = parts.filter(([many]) => many > 0).map(([many, what]) => `${many} ${what}`);
  return said.join(', ') || 'no key to rotate';
}

function failed(old: Key, { failure: { code, message, operation } }: KeysError): RotationRecord {
  return {
    ...unrotated(old),
    ...(operation && { operation }),
    error: { code, message },
  };
}
