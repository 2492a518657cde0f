import type { App } from '../app.ts';
import type { Key } from '../lifecycle/key.ts';
import { absoluteTime, relativeTime } from '../output/relative-time.ts';

/** Says when a new key ends, and warns where that is not what was asked for (RFC 3339; null: never). */
export async function echoExpiry(app: App, expiresAt: string | null, key: Key): Promise<void> {
  if (!isSameExpiry(key, expiresAt)) {
    const stored = key.expiresAt ?? 'never';
    await app.warn(`asked to expire ${expiresAt ?? 'never'}, but the server stored ${stored}`);
  } else if (key.expiresAt && !app.forPeople) {
    await app.note(`expires ${absoluteTime(key.expiresAt)} (${relativeTime(key.expiresAt, app.now)})`);
  }
}

/** Whether the server stored what was asked for, to the second; what it does not report cannot be compared. */
export function isSameExpiry(key: Key, expiresAt: string | null): boolean {
  if (key.expiresAt === undefined) return true;
  const seconds = (time: string | null) => (time === null ? null : Math.floor(Date.parse(time) / 1000));
  return seconds(key.expiresAt) === seconds(expiresAt);
}
