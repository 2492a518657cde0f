import type { Key, Status } from '../lifecycle/key.ts';
import { statusOf } from '../lifecycle/key.ts';
import type { KeyFields } from './provider.ts';
import type { Part } from './select.ts';
import {
  number,
  optional,
  select,
  text,
  texts,
  textsByName,
  time,
  withoutAbsent,
  wrongShape,
} from './select.ts';

/** A key as the API reports it. Throws `KeysError` (7) that names the field which is not what it should be. */
export function readKey(from: Part, fields: KeyFields, now: Date): Key {
  const id = select(from, fields.id);
  if (!id || id.value === '')
    throw wrongShape(from, `a key with the field ${[fields.id].flat().join(' or ')}`);
  const expiresAt = fields.expiresAt && time(from, fields.expiresAt);
  return withoutAbsent({
    id: text(id),
    name: readName(from, fields.name),
    description: optional(from, fields.description, text),
    status: readStatus(from, fields, expiresAt ?? null, now),
    prefix: recognisable(optional(from, fields.prefix, text), text(id)),
    createdAt: (fields.createdAt && time(from, fields.createdAt)) ?? undefined,
    expiresAt,
    lastUsedAt: fields.lastUsedAt && time(from, fields.lastUsedAt),
    lastUsedIp: optional(from, fields.lastUsedIp, text),
    permissions: optional(from, fields.permissions, texts) ?? undefined,
    rateLimitRpm: optional(from, fields.rateLimitRpm, number),
    budgetUsd: optional(from, fields.budgetUsd, number),
    spentUsd: optional(from, fields.spentUsd, number) ?? undefined,
    models: optional(from, fields.models, texts) ?? undefined,
    labels: optional(from, fields.labels, textsByName) ?? undefined,
    usage: readUsage(from, fields.usage),
  });
}

function readName(from: Part, name: KeyFields['name']): string {
  if (typeof name === 'object' && 'always' in name) return name.always;
  return optional(from, name, text) ?? '';
}

function readStatus(from: Part, { status = [] }: KeyFields, expiresAt: string | null, now: Date): Status {
  let unknown = false;
  for (const { at, words } of status) {
    const found = select(from, at);
    if (!found) continue;
    const value = String(found.value);
    const word = Object.hasOwn(words, value) ? words[value] : undefined;
    if (word === undefined) unknown = true;
    else if (word !== 'active') return word;
    else unknown = false;
  }
  if (unknown) return 'unknown';
  const expires = expiresAt === null ? null : Date.parse(expiresAt);
  return statusOf({ revoked: false, disabled: false, expiresAt: expires }, now.getTime());
}

/** Up to this many characters it is a prefix; more may be the secret itself. */
const longestPrefix = 12;

/**
 * What may be shown of a secret. An API that gives it away whole must not make `list` do the same; a prefix that ends
 * with the id, such as `sk_<id>`, gives away nothing more than the id.
 */
function recognisable(prefix: string | null | undefined, id: string): string | undefined {
  if (prefix === null || prefix === undefined) return undefined;
  const isMasked = /\.\.|[*•…]/.test(prefix);
  const own = prefix.endsWith(id) ? prefix.slice(0, -id.length) : prefix;
  if (isMasked || own.length <= longestPrefix) return prefix;
  const [head, tail] = [
    Math.min(8, Math.floor(prefix.length / 4)),
    Math.min(4, Math.floor(prefix.length / 8)),
  ];
  return `${prefix.slice(0, head)}…${prefix.slice(-tail)}`;
}

function readUsage(from: Part, usage: KeyFields['usage']): Key['usage'] {
  if (!usage) return undefined;
  const requests = optional(from, usage.requests, number);
  if (requests === undefined || requests === null) return undefined;
  return { requests, tokens: optional(from, usage.tokens, number) ?? 0 };
}
