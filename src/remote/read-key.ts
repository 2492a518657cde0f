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
  withoutAbsent,
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

/**
 * A key as the API reports it. An unreadable field is omitted and listed beside the key, which can still be revoked by its
 * id. Throws `WrongShape` if it has no id.
 */
export function readKey(from: Part, fields: KeyFields, now: Date): ReadKey {
  const id = readId(from, fields);
  const odd: UnreadableField[] = [];
  const soft = <Where, T>(
    field: KeyField,
    readField: (from: Part, where: Where) => T,
    where: Where,
  ): T | undefined => {
    try {
      return readField(from, where);
    } catch (error) {
      if (!(error instanceof WrongShape)) throw error;
      odd.push({ field, what: error.what });
      return undefined;
    }
  };
  const expiresAt = soft('expiresAt', timeAt, fields.expiresAt);
  const status = readStatus(from, fields, expiresAt ?? null, now);
  // An unreadable expiry may be in the past.
  const isUnsure = odd.length > 0 && (status === 'active' || status === 'expiring');
  const labelsAt = (_: Part, where: KeyFields['labels']) =>
    optional(from, where, (labels) => textsByName(labels, ({ what }) => odd.push({ field: 'labels', what })));
  const key = withoutAbsent<Key>({
    id,
    name: soft('name', readName, fields.name) ?? '',
    description: soft('description', textAt, fields.description),
    status: isUnsure ? 'unknown' : status,
    prefix: safePrefix(soft('prefix', textAt, fields.prefix), id),
    createdAt: soft('createdAt', timeAt, fields.createdAt) ?? undefined,
    expiresAt,
    lastUsedAt: soft('lastUsedAt', timeAt, fields.lastUsedAt),
    lastUsedIp: soft('lastUsedIp', textAt, fields.lastUsedIp),
    permissions: soft('permissions', listAt, fields.permissions) ?? undefined,
    rateLimitRpm: soft('rateLimitRpm', amountAt, fields.rateLimitRpm),
    budgetUsd: soft('budgetUsd', amountAt, fields.budgetUsd),
    spentUsd: soft('spentUsd', amountAt, fields.spentUsd) ?? undefined,
    models: soft('models', listAt, fields.models) ?? undefined,
    labels: soft('labels', labelsAt, fields.labels) ?? undefined,
    usage: soft('usage', readUsage, fields.usage),
  });
  const unreadFields = [...odd.map(({ field }) => field), ...restrictionsIn(from, fields)];
  const keptFields = keptOf(from, fields);
  if (unreadFields.length > 0) key[unread] = unreadFields;
  if (keptFields) key[kept] = keptFields;
  return { key, unreadable: odd };
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

function readUsage(from: Part, usage: KeyFields['usage']): Key['usage'] {
  if (!usage) return undefined;
  const requests = amountAt(from, usage.requests);
  if (requests === undefined || requests === null) return undefined;
  const tokens = amountAt(from, usage.tokens);
  return typeof tokens === 'number' ? { requests, tokens } : { requests };
}
