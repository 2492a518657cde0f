import { KeysError } from '../base/errors.ts';
import type { Key } from '../keys/key.ts';
import { dayOf, firstDay, recentDays } from '../keys/usage-span.ts';
import type { Context } from './context.ts';

/*
 * What keys were used for lately, for pictures beside what was asked for. It is never a reason to fail, to ask or to wait
 * longer than a moment.
 */

const timeLimitMs = 1000;

/** A longer table is not read key by key. */
const maxKeys = 1000;

/** Requests of each of the last days, the oldest first, by the id of each used key; undefined if one query cannot tell. */
export async function recentUseOfAll(
  context: Context,
  keys: readonly Key[],
): Promise<ReadonlyMap<string, readonly number[]> | undefined> {
  const backend = await context.backend();
  if (!backend.dailyRequests || keys.length > maxKeys) return undefined;
  const days = lastDays(context.now, recentDays);
  try {
    const ids = keys.map(({ id }) => id);
    const counts = await backend.dailyRequests(ids, days[0] ?? '');
    return new Map([...counts].map(([id, byDay]) => [id, days.map((day) => byDay[day] ?? 0)]));
  } catch (error) {
    return without(context, error);
  }
}

/** As `recentUseOfAll`, of one key, with a call if the API has one; undefined if it does not answer at once. */
export async function recentUseOf(context: Context, key: Key): Promise<readonly number[] | undefined> {
  const backend = await context.backend();
  const days = lastDays(context.now, recentDays);
  if (backend.dailyRequests) {
    const used = await recentUseOfAll(context, [key]);
    return used && (used.get(key.id) ?? days.map(() => 0));
  }
  const { usageByDay, usageRetentionDays = recentDays } = backend.capabilities;
  // The call might ask for one of the secrets that an API needs besides its token.
  if (!usageByDay || usageRetentionDays < recentDays || (await context.connection())?.provider.secrets) {
    return undefined;
  }
  const usage = backend
    .usage({ by: 'day', since: firstDay(recentDays, context.now), keyId: key.id })
    .catch((error) => without(context, error));
  const rows = await unlessLate(usage);
  if (!rows || rows.some(({ requests }) => requests === undefined)) return undefined;
  const counts = new Map(rows.map(({ date = '', requests = 0 }) => [date, requests]));
  return days.map((day) => counts.get(day) ?? 0);
}

async function unlessLate<T>(result: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeLimitMs);
  });
  return Promise.race([result, late]).finally(() => clearTimeout(timer));
}

async function without(context: Context, error: unknown): Promise<undefined> {
  if (!(error instanceof KeysError) || error.failure.exit === 'interrupted') throw error;
  await context.debug(`recent use is left out: ${error.message}`);
}

function lastDays(now: Date, count: number): string[] {
  const first = firstDay(count, now).getTime();
  return Array.from({ length: count }, (_, index) => dayOf(new Date(first + index * 86_400_000)));
}
