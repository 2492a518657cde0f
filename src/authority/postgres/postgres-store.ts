import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeysError } from '../../base/errors.ts';
import { monotonicMs } from '../../platform/monotonic.ts';
import type { Store } from '../store/store.ts';
import type { Work } from '../store/work.ts';
import type { PoolOptions } from './database-pool.ts';
import { DatabasePool, type DatabaseSession } from './database-pool.ts';
import { parseDatabaseUrl } from './database-url.ts';
import { migrate, versionOf } from './migrate.ts';
import { isConflict, isLost, unclearOutcome } from './postgres-errors.ts';
import { runWork } from './run-work.ts';

/** Waits between two attempts: random, so that servers that met do not meet again, and up to this long. */
const maxPauseMs = 50;

/** Attempts after which a change keeps all others and the counting of uses out: they may change the same rows all the time. */
const politeAttempts = 3;

/** What an attempt to commit came to. `retry`: it certainly changed nothing, and may succeed next time. */
type Attempt<T> = { result: T } | { retry: unknown };

/**
 * The authority's tables on a PostgreSQL server. A change is one SERIALIZABLE transaction, which runs again if it met another
 * one or lost its connection before it was committed. Each leaves a row of its own: if the connection is lost while it
 * commits, that row tells whether it did, even after a failover. If no server can be asked in time, the failure says that the
 * change may have happened (`reply_lost`), never that it has or has not.
 */
export class PostgresStore implements Store {
  readonly pool: DatabasePool;
  readonly options: PoolOptions;
  #ready: Promise<void> | undefined;
  #isWritten = false;
  readonly #onWritten: (() => void)[] = [];

  /** `url`: as in `parseDatabaseUrl`. Connects when it is first used. */
  constructor(url: string, options: PoolOptions) {
    this.options = options;
    this.pool = new DatabasePool(parseDatabaseUrl(url), options);
  }

  get isWritten(): boolean {
    return this.#isWritten;
  }

  /** Asks the database each time: a server that is ready says so because its database has answered. */
  async open(): Promise<void> {
    await this.ready();
    await this.pool.use((session) => versionOf(session, this.#shown));
  }

  /** Resolves once the tables are those of this version: makes them when it is first called. */
  ready(): Promise<void> {
    this.#ready ??= this.pool
      .use((session) => migrate(session, this.#shown))
      .catch((error: unknown) => {
        this.#ready = undefined;
        throw error;
      });
    return this.#ready;
  }

  async read<T>(work: () => Work<T>): Promise<T> {
    await this.ready();
    return this.#untilDone(async () => {
      let isConnected = false;
      try {
        return {
          result: await this.pool.use((session) => {
            isConnected = true;
            return this.#readOn(session, work);
          }),
        };
      } catch (error) {
        if (isConnected && isLost(causeOf(error))) return { retry: error };
        throw error;
      }
    });
  }

  async write<T>(work: () => Work<T>): Promise<T> {
    await this.ready();
    this.#isWritten = true;
    const result = await this.#untilDone((attempt) => this.#attempt(work, attempt));
    for (const tell of this.#onWritten) tell();
    return result;
  }

  /** Calls a function after each change by this process. */
  afterWrites(tell: () => void): void {
    this.#onWritten.push(tell);
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  get #shown(): string {
    return this.pool.address.shown;
  }

  async #untilDone<T>(run: (attempt: number) => Promise<Attempt<T>>): Promise<T> {
    const deadline = monotonicMs() + this.pool.timeoutMs;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await run(attempt);
      if ('result' in outcome) return outcome.result;
      if (monotonicMs() >= deadline) throw outcome.retry;
      await sleep(Math.random() * Math.min(maxPauseMs, 2 ** attempt));
    }
  }

  async #readOn<T>(session: DatabaseSession, work: () => Work<T>): Promise<T> {
    try {
      return await begunWith(session, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', () =>
        runWork(session, this.#shown, work()),
      );
    } finally {
      await session.rollback();
    }
  }

  async #attempt<T>(work: () => Work<T>, attempt: number): Promise<Attempt<T>> {
    const id = randomUUID();
    let progress: 'connecting' | 'working' | 'committing' = 'connecting';
    let result: T | undefined;
    try {
      await this.pool.use(async (session) => {
        progress = 'working';
        try {
          result = await begunWith(session, beginning(id, attempt > politeAttempts), () =>
            runWork(session, this.#shown, work()),
          );
        } catch (error) {
          await session.rollback();
          throw error;
        }
        progress = 'committing';
        const { command } = await session.query('COMMIT');
        // What it answers if a statement has failed and the work went on all the same.
        if (command !== 'COMMIT') throw new Error('work continued after a statement that failed');
      });
      return { result: result as T };
    } catch (error) {
      const cause = causeOf(error);
      if (isConflict(cause)) return { retry: error };
      // Without a connection, waiting is for the caller to decide.
      if (!isLost(cause) || progress === 'connecting') throw error;
      const isCommitted = progress === 'committing' && (await this.#isCommitted(id));
      return isCommitted ? { result: result as T } : { retry: error };
    }
  }

  /** Whether a change was committed. Makes sure that it never will be if it was not. */
  async #isCommitted(id: string): Promise<boolean> {
    const deadline = monotonicMs() + this.pool.timeoutMs;
    for (;;) {
      try {
        // Waits for the transaction that made the row, if it has not ended yet.
        const { rowCount } = await this.pool.use((session) =>
          session.query('INSERT INTO commits (id, at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
            id,
            Date.now(),
          ]),
        );
        return rowCount === 0;
      } catch (error) {
        if (monotonicMs() >= deadline) throw unclearOutcome(this.#shown, error);
        await sleep(maxPauseMs);
      }
    }
  }
}

/**
 * What begins a change: its row, and with `isExclusive` a lock before anything that fixes what the transaction sees. Changes
 * that wait for that lock have read nothing yet, so they cannot make this one fail.
 */
function beginning(id: string, isExclusive: boolean): string {
  return [
    'BEGIN ISOLATION LEVEL SERIALIZABLE',
    // Each change and each batch of uses begins with a row in this table.
    ...(isExclusive ? ['LOCK TABLE commits IN EXCLUSIVE MODE'] : []),
    `INSERT INTO commits (id, at) VALUES ('${id}', ${Date.now()})`,
  ].join('; ');
}

/** Sends the beginning together with the first statement of the work. If it fails, nothing else tells why. */
async function begunWith<T>(session: DatabaseSession, sql: string, work: () => Promise<T>): Promise<T> {
  const [begun, done] = await Promise.allSettled([session.query(sql), work()]);
  if (begun.status === 'rejected') throw begun.reason;
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}

function causeOf(error: unknown): unknown {
  return error instanceof KeysError ? (error.failure.cause ?? error) : error;
}
