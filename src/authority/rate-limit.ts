import type { Decision, RateLimit } from './decision.ts';
import { underLimit } from './policy.ts';
import type { Work } from './store/work.ts';
import { all, get, run } from './store/work.ts';

/** The span of the sliding window that a rate limit counts. */
const windowMs = 60_000;

/** Whether any of the decisions needs a slot. */
export function needSlots(decisions: readonly Decision[]): boolean {
  return decisions.some((decision) => decision.allowed && decision.limit !== null);
}

/**
 * Reserves a slot for each admission to a key with a rate limit, many at once: exact across all processes, since nothing
 * else happens in between. Returns the other decisions unchanged. `onFull` receives each key that has no slot left.
 */
export function* reserveSlots(
  decisions: readonly Decision[],
  now: number,
  onFull: (key: FullKey) => void = () => {},
): Work<Decision[]> {
  const slots = new Map<string, Iterator<Slot>>();
  const refusals = new Map<Slot, Decision>();
  for (const [keyId, { limit, count }] of countByKey(decisions)) {
    slots.set(keyId, (yield* reserve({ keyId, limit, count }, now, onFull)).values());
  }
  return decisions.map((decision) => {
    const slot = decision.allowed && decision.limit !== null && slots.get(decision.keyId)?.next().value;
    if (!slot) return decision;
    const limited = refusals.get(slot) ?? underLimit(decision, slot.granted, slot.rateLimit);
    if (!slot.granted) refusals.set(slot, limited);
    return limited;
  });
}

/** A key without a free slot. */
export interface FullKey {
  keyId: string;
  limit: number;
  /** When a slot becomes free, in milliseconds since the epoch. */
  freeAt: number;
}

/** Whole seconds until a slot becomes free. */
export function resetSecondsAt(now: number, freeAt: number): number {
  return Math.max(1, Math.ceil((freeAt - now) / 1000));
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
 * Reserves as many of the requested slots as the key has left in the last minute, and returns the outcome of each. Those that are
 * refused are one and the same.
 */
function* reserve(
  { keyId, limit, count }: SlotRequest,
  now: number,
  onFull: (key: FullKey) => void,
): Work<Slot[]> {
  yield* run('DELETE FROM places WHERE key_id = ? AND at <= ?', keyId, now - windowMs);
  yield* moveFutureSlotsToNow(keyId, now);
  const usedRow = yield* get(
    'SELECT COALESCE(SUM(taken), 0) AS taken, MIN(at) AS oldest FROM places WHERE key_id = ?',
    keyId,
  );
  const takenSlots = Number(usedRow?.taken ?? 0);
  const grantedSlots = Math.min(count, Math.max(0, limit - takenSlots));
  if (grantedSlots > 0) yield* addSlots({ keyId, count: grantedSlots }, now);
  const oldest = Number(usedRow?.oldest ?? now);
  const nextToFree = takenSlots > limit ? yield* timeOfSlot(keyId, takenSlots - limit) : oldest;
  const freeAt = nextToFree + windowMs;
  const resetSeconds = resetSecondsAt(now, freeAt);
  if (grantedSlots < count) onFull({ keyId, limit, freeAt });
  const refused = { granted: false, rateLimit: { limit, remaining: 0, resetSeconds } };
  return Array.from({ length: count }, (_, index) => {
    if (index >= grantedSlots) return refused;
    return { granted: true, rateLimit: { limit, remaining: limit - takenSlots - index - 1, resetSeconds } };
  });
}

/** After a clock was set back, slots from the future count as reserved now: they become free after one window. */
function* moveFutureSlotsToNow(keyId: string, now: number): Work<void> {
  const future = yield* get(
    'SELECT COALESCE(SUM(taken), 0) AS taken FROM places WHERE key_id = ? AND at > ?',
    keyId,
    now,
  );
  const count = Number(future?.taken ?? 0);
  if (count === 0) return;
  yield* run('DELETE FROM places WHERE key_id = ? AND at > ?', keyId, now);
  yield* addSlots({ keyId, count }, now);
}

function* addSlots({ keyId, count }: { keyId: string; count: number }, now: number): Work<void> {
  yield* run(
    `INSERT INTO places (key_id, at, taken) VALUES (?, ?, ?)
     ON CONFLICT (key_id, at) DO UPDATE SET taken = places.taken + excluded.taken`,
    keyId,
    now,
    count,
  );
}

/** When the slot was reserved that has to become free first, if more are taken than a lowered limit allows. */
function* timeOfSlot(keyId: string, excess: number): Work<number> {
  let passedSlots = 0;
  for (const row of yield* all('SELECT at, taken FROM places WHERE key_id = ? ORDER BY at', keyId)) {
    passedSlots += Number(row.taken);
    if (passedSlots > excess) return Number(row.at);
  }
  throw new Error('the table places has fewer slots than it counted');
}
