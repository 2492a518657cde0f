import type { Key, Status } from '../lifecycle/key.ts';
import { statusOf } from '../lifecycle/key.ts';
import type { LogEntry } from '../lifecycle/ports.ts';
import type { EntryFields, KeyFields, Path } from './provider.ts';
import type { Part } from './select.ts';
import { number, select, text, texts, time, wrongShape } from './select.ts';

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
    prefix: recognisable(optional(from, fields.prefix, text)),
    createdAt: (fields.createdAt && time(from, fields.createdAt)) ?? undefined,
    expiresAt,
    lastUsedAt: fields.lastUsedAt && time(from, fields.lastUsedAt),
    lastUsedIp: optional(from, fields.lastUsedIp, text),
    permissions: optional(from, fields.permissions, texts) ?? undefined,
    rateLimitRpm: optional(from, fields.rateLimitRpm, number),
    budgetUsd: optional(from, fields.budgetUsd, number),
    spentUsd: optional(from, fields.spentUsd, number) ?? undefined,
    models: optional(from, fields.models, texts) ?? undefined,
    usage: readUsage(from, fields.usage),
  });
}

/** Undefined where the API has no such field, null where it says null. */
function optional<T>(from: Part, path: Path | undefined, read: (found: Part) => T): T | null | undefined {
  const found = path === undefined ? undefined : select(from, path);
  if (!found) return undefined;
  return found.value === null ? null : read(found);
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

/** What may be shown of a secret. An API that gives it away whole must not make `list` do the same. */
function recognisable(prefix: string | null | undefined): string | undefined {
  if (prefix === null || prefix === undefined) return undefined;
  const isMasked = /\.\.|[*•…]/.test(prefix);
  if (isMasked || prefix.length <= longestPrefix) return prefix;
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

/** A log entry as the API reports it. Throws `KeysError` (7). */
export function readEntry(from: Part, fields: EntryFields): LogEntry {
  const needed = (path: Path) => {
    const found = select(from, path);
    if (!found) throw wrongShape(from, `a log entry with the field ${[path].flat().join(' or ')}`);
    return found;
  };
  const timestamp = time(from, fields.timestamp);
  if (!timestamp) throw wrongShape(from, 'a log entry with a time');
  const keyId = optional(from, fields.keyId, text);
  return {
    timestamp,
    method: text(needed(fields.method)),
    path: text(needed(fields.path)),
    statusCode: number(needed(fields.statusCode)),
    ...(keyId && { keyId }),
  };
}

function withoutAbsent(fields: { [Name in keyof Key]: Key[Name] | undefined }): Key {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as Key;
}
