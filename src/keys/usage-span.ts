import { usageError } from '../base/errors.ts';
import type { Capabilities } from './ports.ts';

/**
 * From which day (UTC) usage is requested; undefined: as far back as the API reports it. Throws `KeysError` (2) if the API
 * does not reach back to the start that you want: the totals would be too low.
 */
export function usageStart(
  provider: string,
  { usageDefaultDays, usageRetentionDays }: Capabilities,
  since: Date | undefined,
  now: Date,
): Date | undefined {
  if (!since) return usageDefaultDays === undefined ? undefined : firstDay(usageDefaultDays, now);
  const earliest = usageRetentionDays === undefined ? undefined : firstDay(usageRetentionDays, now);
  if (!earliest || dayOf(since) >= dayOf(earliest)) return since;
  throw usageError(
    `--since: the provider ${provider} reports usage from ${dayOf(earliest)} (UTC) on, and no earlier`,
    `keys usage --since ${dayOf(earliest)}`,
  );
}

/** `2026-11-20`, UTC. */
export function dayOf(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

/** The first of so many days (UTC), today included. */
export function firstDay(days: number, now: Date): Date {
  return new Date(Date.parse(dayOf(now)) - (days - 1) * 86_400_000);
}

/** How many days, today included, count as recent use. */
export const recentDays = 30;
