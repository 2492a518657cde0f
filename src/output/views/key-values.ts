import { shown } from '../../base/sanitise.ts';
import { absoluteTime } from '../../base/time.ts';
import type { Key, Status } from '../../keys/key.ts';
import { relativeTime } from '../relative-time.ts';
import type { Terminal } from '../style.ts';

/*
 * Single values of a key as text for people. Numbers are formatted here because Intl takes 10 ms to start: longer than the
 * rest of a table.
 */

/** `120,345` */
export function count(value: number): string {
  return grouped(String(value));
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `51.3K`: for sums at a glance. */
export function shortCount(value: number): string {
  const step = steps.findLast(([size]) => value >= size * 0.99995) ?? [1, ''];
  const [size, letter] = step;
  return `${(value / size).toFixed(1).replace(/\.0$/, '')}${letter}`;
}

const steps = [
  [1e3, 'K'],
  [1e6, 'M'],
  [1e9, 'B'],
  [1e12, 'T'],
] as const;

/** `1 request`, `17 requests`. */
export function plural(value: number, noun: string, write = count): string {
  return `${write(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `$3.20`, `$1,204.00`; below one cent with all decimals: `$0.000042`. */
export function dollars(value: number): string {
  const isTiny = value !== 0 && Math.abs(value) < 0.01;
  const [whole = '', decimals = ''] = value.toFixed(isTiny ? 6 : 2).split('.');
  return `$${grouped(whole)}.${isTiny ? decimals.replace(/0+$/, '') : decimals}`;
}

/** The colour only repeats what the word says. */
export function status(key: Partial<Key>, { style, now }: Terminal): string {
  if (key.status === undefined) return '';
  const colors: Record<Status, (text: string) => string> = {
    active: style.green,
    expiring: style.yellow,
    expired: style.red,
    revoked: style.dim,
    disabled: style.magenta,
    unknown: style.dim,
  };
  const text = colors[key.status](key.status);
  if (!key.superseded || key.status === 'revoked') return text;
  return `${text} ${style.dim(`superseded${key.retireAt ? `, ends ${relativeTime(key.retireAt, now)}` : ''}`)}`;
}

/** Dim for a revoked key. */
export function name(key: Partial<Key>, { style }: Terminal): string {
  const text = shown(key.name ?? '');
  return key.status === 'revoked' ? style.dim(text) : text;
}

export function expiry(key: Key, { style, now }: Terminal): string {
  // It has ended already.
  if (key.expiresAt === undefined || key.status === 'revoked') return '';
  if (key.expiresAt === null) return 'never';
  const text = relativeTime(key.expiresAt, now);
  return key.status === 'expiring' ? style.yellow(text) : text;
}

export function lastUse(key: Key, { now }: Terminal): string {
  if (key.lastUsedAt === undefined) return '';
  return key.lastUsedAt === null ? 'never' : relativeTime(key.lastUsedAt, now);
}

/** `in 90 days (2027-02-18T22:20:05Z)` */
export function moment(time: string, now: Date): string {
  return `${relativeTime(time, now)} (${absoluteTime(time)})`;
}

/** The first two models and the number of others; `all` for a key without a list. */
export function models(key: Key): string {
  if (!key.models) return '';
  if (key.models.length === 0) return 'all';
  const more = key.models.length - 2;
  return (
    key.models
      .slice(0, 2)
      .map((one) => shown(one))
      .join(', ') + (more > 0 ? ` +${more}` : '')
  );
}
