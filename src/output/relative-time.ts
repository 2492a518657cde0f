const steps = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/**
 * How far a moment is from now, in the largest unit that fits at least once: `in 3 months`, `2 days ago`. Days go up
 * to 120, because an expiry is agreed in days.
 */
export function relativeTime(time: string, now: Date): string {
  const distance = Date.parse(time) - now.getTime();
  const size = Math.abs(distance);
  const step = steps.find(
    ([unit, length]) => size >= length && !(unit === 'month' && size < 120 * 86_400_000),
  );
  if (!step) return distance > 0 ? 'in less than a minute' : 'just now';
  const [unit, length] = step;
  // Rounded down, so that what is shown is never more than what is left; 89.9 days of 90 read as 90.
  const count = Math.floor(size / length + 0.05);
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return distance > 0 ? `in ${text}` : `${text} ago`;
}

/** A time without its fraction of a second, as it is shown to people. */
export function absoluteTime(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
