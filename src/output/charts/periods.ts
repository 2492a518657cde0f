/* Series of days, in periods of equal name that fit a chart. Days are `2026-11-20`, UTC. */

export type PeriodUnit = 'day' | 'week' | 'month' | 'year';

export interface Series {
  unit: PeriodUnit;
  /** The start of each period: a day, the Monday of a week, `2026-11`, or `2026`. Those without a value are in it. */
  starts: string[];
  values: number[];
}

const dayMs = 86_400_000;

/** The values in the shortest periods of which at most `maxCount` reach from one day to another; undefined: none does. */
export function seriesOf(
  values: ReadonlyMap<string, number>,
  [from, to]: readonly [from: string, to: string],
  maxCount: number,
): Series | undefined {
  for (const unit of ['day', 'week', 'month', 'year'] as const) {
    const starts = startsOf(unit, from, to, maxCount);
    if (!starts) continue;
    const sums = new Map(starts.map((start) => [start, 0]));
    for (const [day, value] of values) {
      const start = startOf(unit, day);
      if (sums.has(start)) sums.set(start, (sums.get(start) ?? 0) + value);
    }
    return { unit, starts, values: [...sums.values()] };
  }
  return undefined;
}

export function isDay(text: string | undefined): text is string {
  return /^\d{4}-\d\d-\d\d$/.test(text ?? '') && new Date(`${text}`).toJSON()?.slice(0, 10) === text;
}

/** Both days included. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMs) + 1;
}

function startsOf(unit: PeriodUnit, from: string, to: string, maxCount: number): string[] | undefined {
  const starts: string[] = [];
  const last = startOf(unit, to);
  for (let start = startOf(unit, from); start <= last; start = startAfter(unit, start)) {
    if (starts.push(start) > maxCount) return undefined;
  }
  return starts;
}

function startOf(unit: PeriodUnit, day: string): string {
  if (unit === 'year') return day.slice(0, 4);
  if (unit === 'month') return day.slice(0, 7);
  if (unit === 'day') return day;
  // 1970-01-05 was a Monday.
  const daysIntoWeek = (((Date.parse(day) / dayMs + 3) % 7) + 7) % 7;
  return addDays(day, -daysIntoWeek);
}

function startAfter(unit: PeriodUnit, start: string): string {
  if (unit === 'day') return addDays(start, 1);
  if (unit === 'week') return addDays(start, 7);
  const [year = 0, month = 12] = start.split('-').map(Number);
  const nextYear = String(month === 12 ? year + 1 : year).padStart(4, '0');
  return unit === 'year' ? nextYear : `${nextYear}-${String((month % 12) + 1).padStart(2, '0')}`;
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * dayMs).toISOString().slice(0, 10);
}
