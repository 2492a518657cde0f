import type { Decision, RateLimit } from './decision.ts';
import { underLimit } from './policy.ts';
import type { Connection } from './sqlite/connection.ts';

/** The span of the sliding window that a rate limit counts. */
const windowMs = 60_000;

/**
 * Reserves a slot for each admission to a key with a rate limit, many at once, in one transaction: exact across all
 * processes. Returns the other decisions unchanged.
 */
export function reserveSlots(database: Connection, decisions: readonly Decision[], now: number): Decision[] {
  const requestedSlots = countByKey(decisions);
  if (requestedSlots.size === 0) return [...decisions];
  return database.transaction(() => {
    const slots = new Map<string, Iterator<Slot>>();
    for (const [keyId, { limit, count }] of requestedSlots) {
      slots.set(keyId, reserve(database, { keyId, limit, count }, now).values());
    }
    return decisions.map((decision) => {
      const slot = decision.allowed && decision.limit !== null && slots.get(decision.keyId)?.next().value;
      return slot ? underLimit(decision, slot.granted, slot.rateLimit) : decision;
    });
  });
}

interface Slot {
  granted: boolean;
  rateLimit: RateLimit;
}

interface SlotRequest {
  keyId: string;
  limit: number;
  count: number;
}

function countByKey(decisions: readonly Decision[]): Map<string, Omit<SlotRequest, 'keyId'>> {
  const counts = new Map<string, Omit<SlotRequest, 'keyId'>>();
  for (const decision of decisions) {
    if (!decision.allowed || decision.limit === null) continue;
    const { keyId, limit } = decision;
    counts.set(keyId, { limit, count: (counts.get(keyId)?.count ?? 0) + 1 });
  }
  return counts;
}

/**
 * Reserves as many of the requested slots as the key has left in the last minute, and returns the outcome of each. To be
 * called in a transaction, which makes the count exact across all processes.
 */
function reserve(database: Connection, { keyId, limit, count }: SlotRequest, now: number): Slot[] {
  database.run('DELETE FROM places WHERE key_id = ? AND at <= ?', keyId, now - windowMs);
  moveFutureSlotsToNow(database, keyId, now);
  const usedRow = database.get(
    'SELECT COALESCE(SUM(taken), 0) AS taken, MIN(at) AS oldest FROM places WHERE key_id = ?',
    keyId,
  );
  const takenSlots = Number(usedRow?.taken ?? 0);
  const grantedSlots = Math.min(count, Math.max(0, limit - takenSlots));
  if (grantedSlots > 0) addSlots(database, { keyId, count: grantedSlots }, now);
  const oldest = Number(usedRow?.oldest ?? now);
  const nextToFree = takenSlots > limit ? timeOfSlot(database, keyId, takenSlots - limit) : oldest;
  const resetSeconds = Math.max(1, Math.ceil((nextToFree + windowMs - now) / 1000));
  return Array.from({ length: count }, (_, index) => ({
    granted: index < grantedSlots,
    rateLimit: { limit, remaining: Math.max(0, limit - takenSlots - index - 1), resetSeconds },
  }));
}

/** After a clock was set back, slots from the future count as reserved now: they become free after one window. */
function moveFutureSlotsToNow(database: Connection, keyId: string, now: number): void {
  const future = database.get(
    'SELECT COALESCE(SUM(taken), 0) AS taken FROM places WHERE key_id = ? AND at > ?',
    keyId,
    now,
  );
  const count = Number(future?.taken ?? 0);
  if (count === 0) return;
  database.run('DELETE FROM places WHERE key_id = ? AND at > ?', keyId, now);
  addSlots(database, { keyId, count }, now);
}

function addSlots(
  database: Connection,
  { keyId, count }: { keyId: string; count: number },
  now: number,
): void {
  database.run(
    `INSERT INTO places (key_id, at, taken) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET taken = taken + excluded.taken`,
    keyId,
    now,
    count,
  );
}

/** When the slot was reserved that has to become free first, if more are taken than a lowered limit allows. */
function timeOfSlot(database: Connection, keyId: string, excess: number): number {
  let passedSlots = 0;
  for (const row of database.all('SELECT at, taken FROM places WHERE key_id = ? ORDER BY at', keyId)) {
    passedSlots += Number(row.taken);
    if (passedSlots > excess) return Number(row.at);
  }
  throw new Error('the table places has fewer slots than it counted');
}
