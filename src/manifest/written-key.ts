import { looksLikeSecret, maskSecrets } from '../base/secret.ts';
import { absoluteTime, stepAt } from '../base/time.ts';
import type { Key } from '../keys/key.ts';
import { unread } from '../keys/key.ts';
import { provenanceLabel } from '../keys/plan/provenance.ts';
import type { Capabilities } from '../keys/ports.ts';
import type { WrittenKey } from './write-manifest.ts';

/** A key as the file can say it, and what of it the file cannot say. */
export interface KeyInWriting {
  written: WrittenKey;
  remarks: string[];
}

/** Only what the API reports; no limit and no entries are what a key has that the file says nothing of. */
export function inWriting(key: Key, capabilities: Pick<Capabilities, 'expirySteps'>): KeyInWriting {
  const { name, description, permissions, rateLimitRpm, budgetUsd, models, labels: all = {} } = readable(key);
  // Which file a key comes from is no wish of that file.
  const labels = Object.fromEntries(Object.entries(all).filter(([label]) => label !== provenanceLabel));
  const expires = expiryInWriting(key, capabilities);
  const remarks: string[] = [];
  const without = (field: string, value: unknown) => {
    if (!looksLikeSecret(JSON.stringify(value))) return false;
    remarks.push(`${field} of ${maskSecrets(name)} is left out: it looks like a secret`);
    return true;
  };
  const written: WrittenKey = {
    name,
    ...(description && !without('description', description) && { description }),
    ...(expires !== undefined && { expires }),
    ...(permissions?.length && !without('permissions', permissions) && { permissions }),
    ...(typeof rateLimitRpm === 'number' && { rateLimitRpm }),
    ...(typeof budgetUsd === 'number' && { budgetUsd }),
    ...(models?.length && !without('models', models) && { models }),
    ...(Object.keys(labels).length > 0 && !without('labels', labels) && { labels }),
  };
  return { written, remarks };
}

/** Without the fields that cannot be read. */
function readable(key: Key): Key {
  const copy = { ...key };
  for (const field of key[unread] ?? []) if (field !== 'name') delete copy[field as keyof Key];
  return copy;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A server's clock, and its rounding, may shift an end by this much. */
const toleranceMs = 60_000;
/** The last second of a day is a date, also for a key made around midnight: only the server's rounding may shift it. */
const dateToleranceMs = 999;

/** The lifetime of the key, if it is a round one: the keys that replace it get the same. Else the time itself. */
function expiryInWriting(
  { createdAt, expiresAt }: Key,
  { expirySteps = [] }: Pick<Capabilities, 'expirySteps'>,
): string | undefined {
  if (expiresAt === undefined) return undefined;
  if (expiresAt === null) return 'never';
  const end = new Date(expiresAt);
  const isDate = end.toISOString().endsWith('T23:59:59.000Z');
  const time = isDate ? end.toISOString().slice(0, 10) : absoluteTimeOf(end);
  if (createdAt === undefined) return time;
  const start = new Date(createdAt);
  const step = stepAt(expirySteps, end, start);
  if (step !== undefined) return step;
  return roundSpan(end.getTime() - start.getTime(), isDate ? dateToleranceMs : toleranceMs) ?? time;
}

function roundSpan(ms: number, withinMs: number): string | undefined {
  const isNear = (unitMs: number) => Math.abs(ms - Math.round(ms / unitMs) * unitMs) <= withinMs;
  if (ms >= dayMs - withinMs && isNear(dayMs)) return `${Math.round(ms / dayMs)}d`;
  return ms >= hourMs && ms < 2 * dayMs && isNear(hourMs) ? `${Math.round(ms / hourMs)}h` : undefined;
}

function absoluteTimeOf(moment: Date): string {
  const time = moment.toISOString();
  return moment.getUTCMilliseconds() === 0 ? absoluteTime(time) : time;
}
