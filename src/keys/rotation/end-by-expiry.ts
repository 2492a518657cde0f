import { KeysError } from '../../base/errors.ts';
import { SpanEnd } from '../../base/time.ts';
import type { Key } from '../key.ts';
import type { KeyBackend } from '../ports.ts';

/** Lets the API end the key itself. Returns when it ends (RFC 3339); null if the API cannot do that. */
export async function expireAt(backend: KeyBackend, old: Key, due: Date): Promise<string | null> {
  const { expiry, updateFields } = backend.capabilities;
  if (!mayExpire(backend)) return null;
  // It ends in time by itself: by its own expiry, or because the API's own rotation has set one.
  if (endsBy(old, due.getTime() + minuteMs)) return old.expiresAt;
  const canSet = expiry === 'any' && updateFields.includes('expiresAt');
  const ending = canSet ? await withExpiry(backend, old, due) : old;
  return endsBy(ending, due.getTime() + expiryToleranceMs) ? ending.expiresAt : null;
}

/** If an API reports no expiry, its keys are given none. */
export function mayExpire({ capabilities }: Pick<KeyBackend, 'capabilities'>): boolean {
  return capabilities.reports.includes('expiresAt');
}

/** The key with a new expiry; unchanged if the API has a rule against it, such as a shortest span. */
async function withExpiry(backend: KeyBackend, old: Key, due: Date): Promise<Key> {
  try {
    return await backend.update(old.id, { expiresAt: due });
  } catch (error) {
    if (error instanceof KeysError && error.failure.code === 'rejected') return old;
    throw error;
  }
}

/** An API that takes spans gets the grace period itself: the moment that is left of it may be too short for the API. */
export function endAt(due: number, grace: number, now: Date): Date {
  const isGrace = grace > 0 && Math.abs(due - now.getTime() - grace) < minuteMs;
  return isGrace ? new SpanEnd(now, { months: 0, milliseconds: grace }) : new Date(due);
}

function endsBy(key: Key, moment: number): key is Key & { expiresAt: string } {
  return typeof key.expiresAt === 'string' && Date.parse(key.expiresAt) <= moment;
}

const minuteMs = 60_000;

/** An API may end a key this much later than requested: some keep whole days only. */
const expiryToleranceMs = 86_400_000;
