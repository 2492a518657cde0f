import type { Duration } from '../../base/time.ts';

const hourMs = 3_600_000;

/** As a file writes it: `90d`, `36h`, `6mo`. */
export function spanText({ months, milliseconds }: Duration): string {
  const hours = milliseconds / hourMs;
  const monthPart = months === 0 ? '' : months % 12 === 0 ? `${months / 12}y` : `${months}mo`;
  if (hours === 0 && monthPart !== '') return monthPart;
  if (hours % 24 === 0) return `${monthPart}${hours / 24}d`;
  return `${monthPart}${hours % 1 === 0 ? `${hours}h` : `${milliseconds / 1000}s`}`;
}
