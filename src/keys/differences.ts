import { SpanEnd } from '../base/time.ts';
import type { Key, KeyInput } from './key.ts';
import { unread } from './key.ts';
import type { Capabilities, KeyChanges, KeySpec } from './ports.ts';

/** What was asked of a key, and what the API answered that it is. */
export interface Difference {
  field: KeyInput;
  asked: unknown;
  /** Absent where the API does not say. */
  stored?: unknown;
}

type Asked = Partial<Omit<KeySpec, 'labels'>> & Pick<KeyChanges, 'labels'>;

/**
 * Every field that was asked for and that the API does not answer to have stored so: another value, or none that it tells.
 * Silence is no consent. What nobody asked for is the API's own choice, but for an end where none was wanted: in a new
 * key, null and nothing are not asked for; in a change they are.
 */
export function differences(
  asked: Asked,
  key: Key,
  capabilities: Capabilities,
  isChange = false,
): Difference[] {
  const found: Difference[] = [];
  const compare = <T>(field: KeyInput, wanted: T, stored: unknown, isSame: boolean) => {
    if (!isSame) found.push({ field, asked: wanted, ...(stored !== undefined && { stored }) });
  };
  const { name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, labels } = asked;
  const isTold = (field: KeyInput) => !key[unread]?.includes(field);
  if (name !== undefined && capabilities.reports.includes('name'))
    compare('name', name, isTold('name') ? key.name : undefined, isTold('name') && key.name === name);
  const isAsked = (value: unknown) =>
    value !== undefined &&
    (isChange || (value !== null && Object.keys(Object(value)).length > 0) || typeof value === 'number');
  if (isAsked(description))
    compare('description', description, key.description, (key.description || null) === (description || null));
  if (expiresAt !== undefined && !isSameExpiry(key, expiresAt, capabilities))
    compare('expiresAt', expiresAt?.toISOString() ?? null, key.expiresAt, false);
  if (permissions && isAsked(permissions))
    compare('permissions', permissions, key.permissions, isSameSet(permissions, key.permissions));
  if (rateLimitRpm)
    compare('rateLimitRpm', rateLimitRpm, key.rateLimitRpm, key.rateLimitRpm === rateLimitRpm);
  if (isAsked(budgetUsd))
    compare('budgetUsd', budgetUsd, key.budgetUsd, isSameAmount(budgetUsd, key.budgetUsd));
  if (models && isAsked(models)) compare('models', models, key.models, isSameSet(models, key.models));
  if (labels && isAsked(labels)) compare('labels', labels, key.labels, hasLabels(key.labels, labels));
  return found;
}

/** The fields that may be told by a second look at the key. */
export function untold(found: readonly Difference[], { reports }: Capabilities): boolean {
  return found.some((one) => !('stored' in one) && reports.includes(one.field));
}

function isSameSet(wanted: readonly string[], stored: readonly string[] | undefined): boolean {
  return JSON.stringify([...wanted].sort()) === JSON.stringify([...(stored ?? [])].sort());
}

function isSameAmount(wanted: number | null | undefined, stored: number | null | undefined): boolean {
  if (typeof wanted !== 'number') return typeof stored !== 'number';
  return typeof stored === 'number' && Math.abs(wanted - stored) < 1e-6;
}

function hasLabels(stored: Key['labels'], wanted: Readonly<Record<string, string | null>>): boolean {
  return Object.entries(wanted).every(([name, value]) => (stored?.[name] ?? null) === value);
}

const second = 1000;

/** By how much the clock of an API that counts an expiry itself may differ from this one, in milliseconds. */
const clocks = 5 * 60_000;

/**
 * Whether the API stored the end that was asked for, as exactly as it keeps one. An API that was told a span counts from
 * its own clock: the span is compared, where it also tells when the key was made.
 */
export function isSameExpiry(
  { createdAt, expiresAt }: Key,
  asked: Date | null,
  { expiryResolution = 1, expiryIsSpan = false }: Capabilities,
): boolean {
  if (asked === null) return expiresAt === undefined || expiresAt === null;
  if (!expiresAt) return false;
  const stored = Date.parse(expiresAt);
  const tolerance = Math.max(second, expiryResolution);
  if (Math.abs(stored - asked.getTime()) <= tolerance) return true;
  if (!expiryIsSpan) return false;
  if (createdAt && asked instanceof SpanEnd)
    return Math.abs(stored - Date.parse(createdAt) - asked.span) <= tolerance + second;
  return Math.abs(stored - asked.getTime()) <= tolerance + clocks;
}
