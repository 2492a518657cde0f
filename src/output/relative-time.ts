const steps = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Expiries are agreed in days, so up to this span days are shown. */
const maxSpanInDaysMs = 120 * 86_400_000;

/** Rounds up: a key just created for 90 days still expires `in 90 days`. */
const tolerance = 0.05;

/** The distance from now in the largest unit that fits: `in 3 months`, `2 days ago`. */
export function relativeTime(time: string, now: Date): string {
  const distance = Date.parse(time) - now.getTime();
  const size = Math.abs(distance);
  const counts = steps.map(([unit, length]) => ({ unit, count: Math.floor(size / length + tolerance) }));
  const largest = counts.find(
    ({ unit, count }) => count > 0 && !(unit === 'month' && size < maxSpanInDaysMs),
  );
  if (!largest) return distance > 0 ? 'in less than a minute' : 'just now';
  const text = `${largest.count} ${largest.unit}${largest.count === 1 ? '' : 's'}`;
  return distance > 0 ? `in ${text}` : `${text} ago`;
}
