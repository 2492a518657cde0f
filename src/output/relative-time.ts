const steps = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** An expiry is agreed in days, so days go up to here. */
const mostDays = 120 * 86_400_000;

/** What may be missing to the next whole number: a key made a moment ago for 90 days still has `90 days`. */
const slack = 0.05;

/** How far a moment is from now, in the largest unit that fits at least once: `in 3 months`, `2 days ago`. */
export function relativeTime(time: string, now: Date): string {
  const distance = Date.parse(time) - now.getTime();
  const size = Math.abs(distance);
  const counts = steps.map(([unit, length]) => ({ unit, count: Math.floor(size / length + slack) }));
  const fitting = counts.find(({ unit, count }) => count > 0 && !(unit === 'month' && size < mostDays));
  if (!fitting) return distance > 0 ? 'in less than a minute' : 'just now';
  const text = `${fitting.count} ${fitting.unit}${fitting.count === 1 ? '' : 's'}`;
  return distance > 0 ? `in ${text}` : `${text} ago`;
}

/** A time without its fraction of a second, as it is shown to people. */
export function absoluteTime(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
