import type { Duration } from '../base/time.ts';
import { after, before } from '../base/time.ts';
import type { Key, Status } from './key.ts';
import { isActive, keyFields } from './key.ts';

export const sortFields = [...keyFields.filter((field) => field !== 'usage'), 'requests', 'tokens'] as const;
type SortField = (typeof sortFields)[number];

/** Which keys of a list to show, and in which order. */
export interface Selection {
  /** Absent: every key that is not revoked. `active` includes the expiring ones. */
  status?: Status | 'all' | undefined;
  /** Found in name, description, id, prefix or a label, ignoring case. */
  search?: string | undefined;
  /** Active, and expires within this span. */
  expiring?: Duration | undefined;
  createdSince?: Date | undefined;
  /** Whether a name is wanted. */
  isNamed?: ((name: string) => boolean) | undefined;
  /** Each with its value. */
  labels?: readonly (readonly [name: string, value: string])[] | undefined;
  olderThan?: Duration | undefined;
  /** Created, and last used, at least this long ago. */
  unused?: Duration | undefined;
  /** Ascending; absent: newest first. A key that never expires sorts after all that do. */
  sort?: SortField | undefined;
  reverse?: boolean | undefined;
  limit?: number | undefined;
}

/** The selected keys; `keys` come newest first. */
export function selectKeys(keys: readonly Key[], selection: Selection, now: Date): Key[] {
  const chosenKeys = keys.filter(matcherOf(selection, now));
  if (selection.sort) chosenKeys.sort(comparing(selection.sort));
  if (selection.reverse) chosenKeys.reverse();
  return chosenKeys.slice(0, selection.limit);
}

/** Whether a key meets all conditions of a selection. */
export function matcherOf(selection: Selection, now: Date): (key: Key) => boolean {
  const list = tests(selection, now);
  const [first] = list;
  // Most lists have one condition, and a function for each key would take memory.
  return first && list.length === 1 ? first : (key) => list.every((test) => test(key));
}

function tests(selection: Selection, now: Date): ((key: Key) => boolean)[] {
  const { status, search, isNamed, labels, createdSince, expiring, olderThan, unused } = selection;
  const list = [(key: Key) => hasStatus(key, status)];
  if (search !== undefined) list.push((key) => mentions(key, search.toLowerCase()));
  if (isNamed) list.push(({ name }) => isNamed(name));
  if (labels) list.push((key) => labels.every(([name, text]) => labelOf(key, name) === text));
  if (createdSince)
    list.push(({ createdAt }) => createdAt !== undefined && Date.parse(createdAt) >= createdSince.getTime());
  if (expiring) list.push((key) => isActive(key) && atOrBefore(key.expiresAt, after(now, expiring)));
  if (olderThan) list.push((key) => atOrBefore(key.createdAt, before(now, olderThan)));
  if (unused) list.push((key) => atOrBefore(key.lastUsedAt ?? key.createdAt, before(now, unused)));
  return list;
}

function hasStatus(key: Key, status: Selection['status']): boolean {
  if (status === 'all') return true;
  if (status === undefined) return key.status !== 'revoked';
  return status === 'active' ? isActive(key) : key.status === status;
}

function labelOf({ labels = {} }: Key, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? labels[name] : undefined;
}

function mentions(key: Key, text: string): boolean {
  const labels = Object.entries(key.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [key.name, key.description, key.id, key.prefix, ...labels].some((part) =>
    part?.toLowerCase().includes(text),
  );
}

function atOrBefore(time: string | null | undefined, moment: Date): boolean {
  return typeof time === 'string' && Date.parse(time) <= moment.getTime();
}

type SortValue = number | string | null;

function comparing(field: SortField): (a: Key, b: Key) => number {
  // `localeCompare` with options would make a collator for each comparison, which takes 20 times as long.
  const { compare: compareText } = new Intl.Collator('en', { numeric: true });
  const empty = field === 'expiresAt' ? 1 : -1;
  return (a, b) => compare(sortValue(a, field), sortValue(b, field), { empty, compareText });
}

interface Comparison {
  /** Where a missing value goes: -1 first, 1 last. */
  empty: -1 | 1;
  compareText: (a: string, b: string) => number;
}

function compare(a: SortValue, b: SortValue, { empty, compareText }: Comparison): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? empty : -empty;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return compareText(String(a), String(b));
}

function sortValue(key: Key, field: SortField): SortValue {
  if (field === 'requests' || field === 'tokens') return key.usage?.[field] ?? null;
  const value = key[field];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  return Array.isArray(value) ? value.join(',') : Object.entries(value).join(',');
}
