import type { Key, KeyField } from '../keys/key.ts';
import { kept, unread } from '../keys/key.ts';
import type { KeyFields } from '../providers/declaration/key-fields.ts';
import { amountAt, listAt, textAt, timeAt } from './declared-value.ts';
import { readStatus } from './read-status.ts';
import { restrictionsIn } from './restrictions.ts';
import type { Part } from './select.ts';
import {
  elements,
  isPlainText,
  optional,
  select,
  text,
  textsByName,
  valueIn,
  WrongShape,
  wrongShape,
} from './select.ts';

/** A field of a key that cannot be read, and why. */
export interface UnreadableField {
  field: KeyField;
  what: string;
}

export interface ReadKey {
  key: Key;
  unreadable: readonly UnreadableField[];
}

/** The id by which the API addresses a key. Throws `WrongShape` if it has none. */
export function readId(from: Part, fields: Pick<KeyFields, 'id'>): string {
  const value = valueIn(from, fields.id);
  if (isPlainText(value) && value !== '') return value;
  const id = select(from, fields.id);
  if (!id || id.value === '' || id.value === null)
    throw wrongShape(from, `a key with the field ${[fields.id].flat().join(' or ')}`);
  return text(id);
}

/** The key with an id, where an API answers with a list of keys. Throws `WrongShape` if the list does not have it. */
export function keyWithId(from: Part, id: string, fields: Pick<KeyFields, 'id'>): Part {
  if (!Array.isArray(from.value)) return from;
  const keyPart = elements(from).find((one) => String(select(one, fields.id)?.value) === id);
  if (!keyPart) throw wrongShape(from, `a list with the key ${id}`);
  return keyPart;
}

/** A key that is being read. */
interface Reading {
  from: Part;
  fields: KeyFields;
  odd: UnreadableField[];
}

/** A field of the key; undefined if the declaration or the key does not have it, or if it is unreadable. */
function soft<Where, T>(
  { from, odd }: Reading,
  field: KeyField,
  readField: (from: Part, where: Where) => T,
  where: Where | undefined,
): T | undefined {
  if (where === undefined) return undefined;
  try {
    return readField(from, where);
  } catch (error) {
    if (!(error instanceof WrongShape)) throw error;
    odd.push({ field, what: error.what });
    return undefined;
  }
}

/**
 * A key as the API reports it. An unreadable field is omitted and listed beside the key, which can still be revoked by its
 * id. Throws `WrongShape` if it has no id.
 */
export function readKey(from: Part, fields: KeyFields, now: Date): ReadKey {
  const id = readId(from, fields);
  const odd: UnreadableField[] = [];
  const reading = { from, fields, odd };
  const expiresAt = soft(reading, 'expiresAt', timeAt, fields.expiresAt);
  const status = readStatus(from, fields, expiresAt ?? null, now);
  // An unreadable expiry may be in the past.
  const isUnsure = odd.length > 0 && (status === 'active' || status === 'expiring');

  // Field by field, in display order: a record of all fields that is copied without the absent ones takes twice the memory.
  const key = { id, name: soft(reading, 'name', readName, fields.name) ?? '' } as Key;
  const description = soft(reading, 'description', textAt, fields.description);
  if (description !== undefined) key.description = description;
  key.status = isUnsure ? 'unknown' : status;
  const prefix = safePrefix(soft(reading, 'prefix', textAt, fields.prefix), id);
  if (prefix !== undefined) key.prefix = prefix;
  const createdAt = soft(reading, 'createdAt', timeAt, fields.createdAt) ?? undefined;
  if (createdAt !== undefined) key.createdAt = createdAt;
  if (expiresAt !== undefined) key.expiresAt = expiresAt;
  const lastUsedAt = soft(reading, 'lastUsedAt', timeAt, fields.lastUsedAt);
  if (lastUsedAt !== undefined) key.lastUsedAt = lastUsedAt;
  const lastUsedIp = soft(reading, 'lastUsedIp', textAt, fields.lastUsedIp);
  if (lastUsedIp !== undefined) key.lastUsedIp = lastUsedIp;
  addLimits(key, reading);
  const usage = soft(reading, 'usage', readUsage, fields.usage);
  if (usage !== undefined) key.usage = usage;

  const restrictions = restrictionsIn(from, fields);
  if (odd.length + restrictions.length > 0) key[unread] = [...odd.map(({ field }) => field), ...restrictions];
  const keptFields = keptOf(from, fields);
  if (keptFields) key[kept] = keptFields;
  return { key, unreadable: odd };
}

function addLimits(key: Key, reading: Reading): void {
  const { fields, odd } = reading;
  const permissions = soft(reading, 'permissions', listAt, fields.permissions) ?? undefined;
  if (permissions !== undefined) key.permissions = permissions;
  const rateLimitRpm = soft(reading, 'rateLimitRpm', amountAt, fields.rateLimitRpm);
  if (rateLimitRpm !== undefined) key.rateLimitRpm = rateLimitRpm;
  const budgetUsd = soft(reading, 'budgetUsd', amountAt, fields.budgetUsd);
  if (budgetUsd !== undefined) key.budgetUsd = budgetUsd;
  const spentUsd = soft(reading, 'spentUsd', amountAt, fields.spentUsd) ?? undefined;
  if (spentUsd !== undefined) key.spentUsd = spentUsd;
  const models = soft(reading, 'models', listAt, fields.models) ?? undefined;
  if (models !== undefined) key.models = models;
  if (fields.labels === undefined) return;
  const labelsAt = (from: Part, where: KeyFields['labels']) =>
    optional(from, where, (labels) => textsByName(labels, ({ what }) => odd.push({ field: 'labels', what })));
  const labels = soft(reading, 'labels', labelsAt, fields.labels) ?? undefined;
  if (labels !== undefined) key.labels = labels;
}

function keptOf(from: Part, fields: KeyFields): Record<string, unknown> | undefined {
  if (!fields.kept) return undefined;
  const entries = Object.entries(fields.kept).flatMap(([name, path]) => {
    const value = select(from, path)?.value;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function readName(from: Part, name: KeyFields['name']): string {
  if (typeof name === 'object' && 'always' in name) return name.always;
  return textAt(from, name) ?? '';
}

/** A longer prefix may be the secret itself. */
const maxPrefixLength = 12;

/**
 * What may be shown of a secret, even if the API returns all of it. A prefix that ends with the id, such as `sk_<id>`,
 * reveals no more than the id.
 */
function safePrefix(prefix: string | null | undefined, id: string): string | undefined {
  if (prefix === null || prefix === undefined) return undefined;
  const ownLength = prefix.length - (prefix.endsWith(id) ? id.length : 0);
  if (ownLength <= maxPrefixLength || /\.\.|[*•…]/.test(prefix)) return prefix;
  const [head, tail] = [
    Math.min(8, Math.floor(prefix.length / 4)),
    Math.min(4, Math.floor(prefix.length / 8)),
  ];
  return `${prefix.slice(0, head)}…${prefix.slice(-tail)}`;
}

function readUsage(from: Part, usage: NonNullable<KeyFields['usage']>): Key['usage'] {
  const requests = amountAt(from, usage.requests);
  if (requests === undefined || requests === null) return undefined;
  const tokens = amountAt(from, usage.tokens);
  return typeof tokens === 'number' ? { requests, tokens } : { requests };
}
