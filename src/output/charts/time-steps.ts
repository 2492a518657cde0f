/* Spans of equal length, in which moments are counted. Times in ms since 1970, UTC. */

const units = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

type Unit = keyof typeof units;

export interface Steps {
  /** `minute`, `5 minutes`. */
  name: string;
  /** The start of each, in order. */
  starts: number[];
  stepMs: number;
  /** `11:05` */
  labels: string[];
}

const steps: readonly (readonly [count: number, unit: Unit])[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => [count, 'second'] as const),
  ...[1, 2, 5, 10, 15, 30].map((count) => [count, 'minute'] as const),
  ...[1, 2, 3, 6, 12].map((count) => [count, 'hour'] as const),
  ...[1, 2, 7, 14, 28, 91, 364, 3640].map((count) => [count, 'day'] as const),
];

/** The shortest steps of which at most `maxCount` reach from one moment to another; undefined: none does. */
export function stepsBetween(from: number, to: number, maxCount: number): Steps | undefined {
  for (const [count, unit] of steps) {
    const stepMs = count * units[unit];
    const first = Math.floor(from / stepMs);
    const length = Math.floor(to / stepMs) - first + 1;
    if (length > maxCount) continue;
    const starts = Array.from({ length }, (_, index) => (first + index) * stepMs);
    const name = count === 1 ? unit : `${count} ${unit}s`;
    return { name, starts, stepMs, labels: starts.map((start) => labelOf(start, unit, from, to)) };
  }
  return undefined;
}

function labelOf(start: number, unit: Unit, from: number, to: number): string {
  const text = new Date(start).toISOString();
  if (unit === 'day') return text.slice(5, 10);
  if (unit === 'second') return text.slice(11, 19);
  const isOneDay = Math.floor(from / units.day) === Math.floor(to / units.day);
  return isOneDay ? text.slice(11, 16) : text.slice(5, 16).replace('T', ' ');
}
