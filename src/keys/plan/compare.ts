import type { Key, KeyInput } from '../key.ts';
import { unread } from '../key.ts';
import type { Capabilities, KeyChanges } from '../ports.ts';
import type { NewFields } from '../rotation/successor.ts';
import type { FieldChange } from './action.ts';
import type { DesiredKey } from './desired-key.ts';

/** The fields that a file sets and that are compared as they are. */
const plainFields = ['description', 'permissions', 'rateLimitRpm', 'budgetUsd', 'models', 'labels'] as const;
type PlainField = (typeof plainFields)[number];

/** How an existing key differs from what the file says, but for its expiry. */
export interface Comparison {
  changes: FieldChange[];
  /** The same as a change of the key. */
  update: KeyChanges;
  /** Fields that the file sets and the API does not report: whether they are right is not known. */
  unreported: KeyInput[];
}

export function compareFields(desired: DesiredKey, key: Key, { reports }: Capabilities): Comparison {
  const comparison: Comparison = { changes: [], update: {}, unreported: [] };
  for (const field of plainFields) {
    const wantedValue = desired[field];
    if (wantedValue === undefined) continue;
    if (!reports.includes(field) || key[unread]?.includes(field)) {
      comparison.unreported.push(field);
      continue;
    }
    if (isSame(field, desired, key)) continue;
    comparison.changes.push({ field, from: key[field] ?? null, to: emptyAsNull(wantedValue) });
    Object.assign(comparison.update, {
      [field]: field === 'description' ? wantedValue || null : wantedValue,
    });
  }
  const isDisabled = key.status === 'disabled';
  if (desired.disabled !== undefined && desired.disabled !== isDisabled) {
    comparison.changes.push({ field: 'disabled', from: isDisabled, to: desired.disabled });
    comparison.update.disabled = desired.disabled;
  }
  return comparison;
}

function isSame(field: PlainField, desired: DesiredKey, key: Key): boolean {
  switch (field) {
    case 'description':
      return (key.description || '') === (desired.description ?? '');
    case 'rateLimitRpm':
    case 'budgetUsd':
      return isSameAmount(desired[field] ?? null, key[field] ?? null);
    case 'permissions':
    case 'models':
      return isSameSet(desired[field] ?? [], key[field] ?? []);
    case 'labels':
      return Object.entries(desired.labels ?? {}).every(([name, value]) => labelOf(key, name) === value);
  }
}

function labelOf({ labels = {} }: Key, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

function isSameAmount(one: number | null, other: number | null): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(one - other) < 1e-6;
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  const [first, second] = [new Set(one), new Set(other)];
  return first.size === second.size && [...first].every((item) => second.has(item));
}

function emptyAsNull(value: unknown): unknown {
  return value === '' ? null : value;
}

/** The inputs that the file sets in a key, but for its expiry. */
export function inputsOf(desired: DesiredKey): KeyInput[] {
  return plainFields.filter((field) => isAsked(desired[field]));
}

/** No limit and no entries are what a new key has anyway. */
function isAsked(value: DesiredKey[PlainField]): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** What the file says of a key, as fields of a new one. Its labels join those of the key that it replaces. */
export function fieldsOf(desired: DesiredKey, old?: Key): NewFields {
  const { description, permissions, rateLimitRpm, budgetUsd, models, labels } = desired;
  return {
    ...(description !== undefined && { description: description || null }),
    ...(permissions && { permissions: [...new Set(permissions)] }),
    ...(rateLimitRpm !== undefined && { rateLimitRpm }),
    ...(budgetUsd !== undefined && { budgetUsd }),
    ...(models && { models: [...new Set(models)] }),
    ...(labels && { labels: { ...old?.labels, ...labels } }),
  };
}
