import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../platform/monotonic.ts';
import { noSuchKey } from '../errors.ts';
import { toTime } from '../key-row.ts';
import type { BoundedUse, LostUse, Use } from '../use.ts';
import { boundedUse } from '../use.ts';
import type { DatabasePool, DatabaseSession } from './database-pool.ts';
import { isLost, unclearOutcome } from './postgres-errors.ts';

/** Waits up to this long before it sends uses again whose answer was lost. */
const maxPauseMs = 50;

/** Parts of the month's spending: each server writes to one. */
const spendingParts = 16;

/** Writes uses. Each batch has an id, under which it is recorded once, however often it is sent. */
export class UseRecorder {
  readonly #pool: DatabasePool;
  readonly #now: () => number;
  readonly #spendingPart = Math.floor(Math.random() * spendingParts);

  constructor(pool: DatabasePool, now: () => number) {
    this.#pool = pool;
    this.#now = now;
  }

  /** Returns the uses of keys that do not exist. */
  async write(session: DatabaseSession, batch: string, uses: readonly Use[]): Promise<LostUse[]> {
    const now = this.#now();
    const rows = uses.map((use) => rowOf(boundedUse(use, now)));
    const outcome = await session.query(
      'SELECT unknown_key FROM record_uses($1, $2, $3)',
      [batch, JSON.stringify(rows), this.#spendingPart],
      { name: 'keys_record_uses' },
    );
    const unknownKeys = new Set(outcome.rows.map((row) => row.unknown_key));
    return uses
      .filter((_, index) => unknownKeys.has(rows[index]?.[0]))
      .map((use) => ({ use, reason: noSuchKey(use.keyId) }));
  }

  /** Runs work that is done once however often it runs. Throws `reply_lost` if it may have been done. */
  async repeatIfLost<T>(work: (session: DatabaseSession) => Promise<T>): Promise<T> {
    const deadline = monotonicMs() + this.#pool.timeoutMs;
    let isSent = false;
    for (;;) {
      try {
        return await this.#pool.use((session) => {
          isSent = true;
          return work(session);
        });
      } catch (error) {
        if (!isSent || !isLost(error)) throw error;
        if (monotonicMs() >= deadline) throw unclearOutcome(this.#pool.address.shown, error);
        await sleep(Math.random() * maxPauseMs);
      }
    }
  }
}

/** Whether a batch was recorded. */
export async function isRecorded(session: DatabaseSession, batch: string): Promise<boolean> {
  const { rows } = await session.query('SELECT 1 FROM commits WHERE id = $1', [batch]);
  return rows.length > 0;
}

function rowOf(use: BoundedUse): [keyId: string, ...rest: unknown[]] {
  const {
    keyId,
    at,
    method,
    path,
    statusCode,
    ip,
    model,
    requests,
    tokens,
    cost,
    charge,
    refused,
    logged,
    times,
  } = use;
  const measures = [requests, tokens, cost, charge, refused, Number(logged), times];
  return [keyId, at, method, path, statusCode, ip, model, ...measures, toTime(at).slice(0, 10)];
}
