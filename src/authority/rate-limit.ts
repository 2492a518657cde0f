import type { Connection } from './database/connection.ts';
import type { Admission, Decision, RateLimit } from './decision.ts';
import { underLimit } from './policy.ts';

/** The span over which a rate limit counts, in milliseconds. */
const windowLength = 60_000;

/**
 * Takes a place for each of the admissions to keys with a limit, many at once, in one transaction: exact across all
 * processes. The other decisions stay as they are.
 */
export function reserveSlots(database: Connection, decided: readonly Decision[], now: number): Decision[] {
  const decisions = [...decided];
  const limited = new Map<string, { limit: number; indices: number[] }>();
  decided.forEach((decision, index) => {
    if (!decision.allowed || decision.limit === null) return;
    const same = limited.get(decision.keyId);
    if (same) same.indices.push(index);
    else limited.set(decision.keyId, { limit: decision.limit, indices: [index] });
  });
  if (limited.size === 0) return decisions;
  database.transaction(() => {
    for (const [id, { limit, indices }] of limited) {
      const places = takeSlots(database, { id, limit, wanted: indices.length }, now);
      places.forEach(({ granted, rateLimit }, at) => {
        const index = indices[at] ?? 0;
        decisions[index] = underLimit(decided[index] as Admission, granted, rateLimit);
      });
    }
  });
  return decisions;
}

/**
 * Takes as many of the wanted places under a key's rate limit as the last minute has left, and says for each what it came
 * to. To be called in a transaction, which makes the count exact across all processes.
 */
function takeSlots(
  database: Connection,
  { id, limit, wanted }: { id: string; limit: number; wanted: number },
  now: number,
): { granted: boolean; rateLimit: RateLimit }[] {
  database.run('DELETE FROM places WHERE key_id = ? AND at <= ?', id, now - windowLength);
  bringBack(database, id, now);
  const counted = database.get(
    'SELECT COALESCE(SUM(taken), 0) AS taken, MIN(at) AS oldest FROM places WHERE key_id = ?',
    id,
  );
  const taken = Number(counted?.taken ?? 0);
  const granted = Math.min(wanted, Math.max(0, limit - taken));
  if (granted > 0) take(database, { id, taken: granted }, now);
  const oldest = Number(counted?.oldest ?? now);
  const free = taken > limit ? leavingAt(database, id, taken - limit) : oldest;
  const resetSeconds = Math.max(1, Math.ceil((free + windowLength - now) / 1000));
  return Array.from({ length: wanted }, (_, index) => ({
    granted: index < granted,
    rateLimit: { limit, remaining: Math.max(0, limit - taken - index - 1), resetSeconds },
  }));
}

/** Places from a future that a clock was set back from count as taken now: they are free after one window, not after it. */
function bringBack(database: Connection, id: string, now: number): void {
  const ahead = database.get(
    'SELECT COALESCE(SUM(taken), 0) AS taken FROM places WHERE key_id = ? AND at > ?',
    id,
    now,
  );
  const taken = Number(ahead?.taken ?? 0);
  if (taken === 0) return;
  database.run('DELETE FROM places WHERE key_id = ? AND at > ?', id, now);
  take(database, { id, taken }, now);
}

function take(database: Connection, { id, taken }: { id: string; taken: number }, now: number): void {
  database.run(
    `INSERT INTO places (key_id, at, taken) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET taken = taken + excluded.taken`,
    id,
    now,
    taken,
  );
}

/** When the place was taken that has to fall free, where a limit was lowered and more are taken than there are. */
function leavingAt(database: Connection, id: string, tooMany: number): number {
  let passed = 0;
  for (const row of database.all('SELECT at, taken FROM places WHERE key_id = ? ORDER BY at', id)) {
    passed += Number(row.taken);
    if (passed > tooMany) return Number(row.at);
  }
  throw new Error('a place that nobody has taken');
}
