import type { Duration } from '../../base/time.ts';
import { after, SpanEnd } from '../../base/time.ts';
import { isSameExpiry } from '../differences.ts';
import type { Key } from '../key.ts';
import type { Capabilities } from '../ports.ts';
import type { DesiredExpiry, DesiredKey } from './desired-key.ts';

/** When a new key expires that is created now; undefined: as the API decides, or like the key that it replaces. */
export function expiryOfNew({ expires }: DesiredKey, now: Date): Date | null | undefined {
  if (!expires) return undefined;
  if (expires.kind === 'never') return null;
  return expires.kind === 'date' ? expires.at : new SpanEnd(now, expires.duration);
}

/**
 * Whether a key that replaces this one now would be due for a rotation at once, because it would expire as soon: each run would
 * replace it.
 */
export function wouldBeDue(desired: DesiredKey, { createdAt, expiresAt }: Key, now: Date): boolean {
  const { due } = desired.rotate ?? {};
  if (!due) return false;
  // Without an expiry in the file, it gets the lifetime of the one that it replaces.
  const lifetimeMs = Date.parse(expiresAt ?? '') - Date.parse(createdAt ?? '');
  const end = expiryOfNew(desired, now)?.getTime() ?? now.getTime() + lifetimeMs;
  return desired.expires?.kind !== 'never' && end <= after(now, due).getTime();
}

/** What is to become of the expiry of an existing key. */
export type ExpiryVerdict =
  | { kind: 'right' }
  /** The API does not report it. */
  | { kind: 'unknown' }
  /** It is to become this; null: never. */
  | { kind: 'change'; to: Date | null }
  /** The key has lived so long that its end would be at hand: only another key can have the right one. */
  | { kind: 'replace'; to: Date };

/** Two clocks, and the rounding of an API, may shift an end by this much. */
const toleranceMs = 5 * 60_000;

/** A key that is to end sooner than this is replaced, so that its users have time. */
const minNoticeMs = 7 * 86_400_000;

export function judgeExpiry(
  key: Key,
  expires: DesiredExpiry,
  { capabilities, now, notice }: { capabilities: Capabilities; now: Date; notice?: Duration | undefined },
): ExpiryVerdict {
  if (!capabilities.reports.includes('expiresAt')) return { kind: 'unknown' };
  if (expires.kind === 'span') return judgeSpan(key, expires.duration, { capabilities, now, notice });
  const wantedEnd = expires.kind === 'never' ? null : expires.at;
  return isSameExpiry(key, wantedEnd, capabilities) ? { kind: 'right' } : { kind: 'change', to: wantedEnd };
}

/** A lifetime counts from the creation of the key: counted from now, each run would prolong it. */
function judgeSpan(
  { createdAt, expiresAt }: Key,
  span: Duration,
  { capabilities, now, notice }: { capabilities: Capabilities; now: Date; notice?: Duration | undefined },
): ExpiryVerdict {
  const latestEnd = after(createdAt === undefined ? now : new Date(createdAt), span);
  const tolerance = toleranceMs + (capabilities.expiryResolution ?? 1);
  if (expiresAt && Date.parse(expiresAt) <= latestEnd.getTime() + tolerance) return { kind: 'right' };
  const noticeEnd = notice === undefined ? now.getTime() + minNoticeMs : after(now, notice).getTime();
  // Whole seconds, which all servers store.
  const to = new Date(Math.floor(latestEnd.getTime() / 1000) * 1000);
  return latestEnd.getTime() > Math.min(noticeEnd, halfOf(now, span))
    ? { kind: 'change', to }
    : { kind: 'replace', to: new SpanEnd(now, span) };
}

/** A short lifetime leaves no week of notice. */
function halfOf(now: Date, span: Duration): number {
  return now.getTime() + (after(now, span).getTime() - now.getTime()) / 2;
}
