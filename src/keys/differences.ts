import { SpanEnd } from '../base/time.ts';
import type { Key, KeyInput } from './key.ts';
import { unread } from './key.ts';
import type { Capabilities, KeyChanges, KeySpec } from './ports.ts';

/** A requested field, and what the API reports of it. */
export interface Difference {
  field: KeyInput;
  requestedValue: unknown;
  /** Absent if the API does not report it. */
  storedValue?: unknown;
}

type Asked = Partial<Omit<KeySpec, 'labels'>> & Pick<KeyChanges, 'labels'>;

/**
 * Every requested field that the API does not report as stored: it reports another value, or none. Fields that were not
 * requested are the API's own choice, except an expiry where none was requested. In a new key, null and empty values are
 * not requests; in a change they are.
 */
export function differences(
  request: Asked,
  key: Key,
  capabilities: Capabilities,
  isChange = false,
): Difference[] {
  const result: Difference[] = [];
  const compare = <T>(field: KeyInput, requestedValue: T, storedValue: unknown, isSame: boolean) => {
    if (!isSame) result.push({ field, requestedValue, ...(storedValue !== undefined && { storedValue }) });
  };
  const { name, description, expiresAt, permissions, rateLimitRpm, budgetUsd, models, labels } = request;
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
  return result;
}

/** Whether a second look at the key may report a missing field. */
export function untold(list: readonly Difference[], { reports }: Capabilities): boolean {
  return list.some((one) => !('storedValue' in one) && reports.includes(one.field));
}

function isSameSet(requestedSet: readonly string[], storedSet: readonly string[] | undefined): boolean {
  return JSON.stringify([...requestedSet].sort()) === JSON.stringify([...(storedSet ?? [])].sort());
}

function isSameAmount(
  requestedAmount: number | null | undefined,
  storedAmount: number | null | undefined,
): boolean {
  if (typeof requestedAmount !== 'number') return typeof storedAmount !== 'number';
  return typeof storedAmount === 'number' && Math.abs(requestedAmount - storedAmount) < 1e-6;
}

function hasLabels(
  storedLabels: Key['labels'],
  requestedLabels: Readonly<Record<string, string | null>>,
): boolean {
  return Object.entries(requestedLabels).every(([name, value]) => (storedLabels?.[name] ?? null) === value);
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
  requestedExpiry: Date | null,
  { expiryResolution = 1, expiryIsSpan = false }: Capabilities,
): boolean {
  if (requestedExpiry === null) return expiresAt === undefined || expiresAt === null;
  if (!expiresAt) return false;
  const storedMs = Date.parse(expiresAt);
  const tolerance = Math.max(secondMs, expiryResolution);
  if (Math.abs(storedMs - requestedExpiry.getTime()) <= tolerance) return true;
  if (!expiryIsSpan) return false;
  if (createdAt && requestedExpiry instanceof SpanEnd)
    return Math.abs(storedMs - Date.parse(createdAt) - requestedExpiry.span) <= tolerance + secondMs;
  return Math.abs(storedMs - requestedExpiry.getTime()) <= tolerance + clockToleranceMs;
}
