import { SpanEnd } from '../base/time.ts';
import type { Key, KeyInput } from './key.ts';
import { unread } from './key.ts';
import type { Capabilities, KeyChanges, KeySpec } from './ports.ts';

/** A requested field, and what the API reports of it. */
export interface Difference {
  field: KeyInput;
  asked: unknown;
  /** Absent if the API does not report it. */
  stored?: unknown;
}

type Asked = Partial<Omit<KeySpec, 'labels'>> & Pick<KeyChanges, 'labels'>;

/**
 * Every requested field that the API does not report as stored: it reports another value, or none. Fields that were not
 * requested are the API's own choice, except an expiry where none was requested. In a new key, null and empty values are
 * not requests; in a change they are.
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
  const isReadable = (field: KeyInput) => !key[unread]?.includes(field);
  if (name !== undefined && capabilities.reports.includes('name'))
    compare('name', name, isReadable('name') ? key.name : undefined, isReadable('name') && key.name === name);
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

/** Whether a second look at the key may report a missing field. */
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

const secondMs = 1000;

/** How much the clock of an API that counts an expiry itself may differ from ours. */
const clockToleranceMs = 5 * 60_000;

/**
 * Whether the API stored the requested expiry, as precisely as it keeps one. An API that takes a span counts from its own
 * clock: then the span is compared, if the API reports when the key was created.
 */
export function isSameExpiry(
  { createdAt, expiresAt }: Key,
  asked: Date | null,
  { expiryResolution = 1, expiryIsSpan = false }: Capabilities,
): boolean {
  if (asked === null) return expiresAt === undefined || expiresAt === null;
  if (!expiresAt) return false;
  const stored = Date.parse(expiresAt);
  const tolerance = Math.max(secondMs, expiryResolution);
  if (Math.abs(stored - asked.getTime()) <= tolerance) return true;
  if (!expiryIsSpan) return false;
  if (createdAt && asked instanceof SpanEnd)
    return Math.abs(stored - Date.parse(createdAt) - asked.span) <= tolerance + secondMs;
  return Math.abs(stored - asked.getTime()) <= tolerance + clockToleranceMs;
}
