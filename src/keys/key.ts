/** The fields of a key, in display order. A field that a provider does not report is absent. */
export const keyFields = [
  'id',
  'name',
  'description',
  'status',
  'prefix',
  'createdAt',
  'expiresAt',
  'lastUsedAt',
  'lastUsedIp',
  'permissions',
  'rateLimitRpm',
  'budgetUsd',
  'spentUsd',
  'models',
  'labels',
  'usage',
  'superseded',
  'provider',
  'profile',
] as const;

export type KeyField = (typeof keyFields)[number];

/** The fields that can be set when a key is created or changed. */
export const keyInputs = [
  'name',
  'description',
  'expiresAt',
  'permissions',
  'rateLimitRpm',
  'budgetUsd',
  'models',
  'labels',
] as const;

export type KeyInput = (typeof keyInputs)[number];

/** The id of a key whose id is not known: it is never sent to an API. */
export const unidentified = '';

export const statuses = ['active', 'expiring', 'expired', 'revoked', 'disabled', 'unknown'] as const;
export type Status = (typeof statuses)[number];

/** Names the fields that the API reports in a form that cannot be read, and so cannot be carried over to another key. */
export const unread: unique symbol = Symbol('unread');

/** What a new key takes over from this one verbatim, by its name in the provider's declaration. */
export const kept: unique symbol = Symbol('kept');

/** What the API answered to a change of this key, in place of the key. */
export const changeAnswer: unique symbol = Symbol('change answer');

/** One API key, without its secret. Times are RFC 3339 UTC, amounts are US dollars; null means none or never. */
export interface Key {
  id: string;
  name: string;
  description?: string | null;
  status: Status;
  /** The first characters of the secret: enough to recognise a key, not enough to use it. */
  prefix?: string;
  createdAt?: string;
  expiresAt?: string | null;
  lastUsedAt?: string | null;
  lastUsedIp?: string | null;
  permissions?: readonly string[];
  /** Requests per minute. */
  rateLimitRpm?: number | null;
  budgetUsd?: number | null;
  spentUsd?: number;
  /** Models the key may call; empty: every model. */
  models?: readonly string[];
  labels?: Readonly<Record<string, string>>;
  /** `tokens` is absent if the API does not count them. */
  usage?: { readonly requests: number; readonly tokens?: number };
  /** A newer active key of the same name exists. */
  superseded?: boolean;
  /** When a rotation retires it, if the API does not do that by itself (RFC 3339); null: once it is idle. */
  retireAt?: string | null;
  provider?: string;
  profile?: string;
  [unread]?: readonly string[];
  [kept]?: Readonly<Record<string, unknown>>;
  [changeAnswer]?: string;
}

/** A key as it is reported: an unknown id is absent. */
export function asReported<T extends Key>(key: T): T {
  if (key.id !== unidentified) return key;
  const { id: _, ...rest } = key;
  return rest as T;
}

/** The fields of a key in display order. */
export function inOrder(key: Key): Key {
  const entries = ([...keyFields, 'retireAt'] as const)
    .filter((field) => key[field] !== undefined)
    .map((field) => [field, key[field]]);
  return Object.fromEntries(entries) as Key;
}

/** Milliseconds: a key with this much left or less is `expiring`. */
export const expiringWithin = 30 * 86_400_000;

/** The status of a key; the most final one wins. Times in ms since 1970. */
export function statusOf(
  key: { revoked: boolean; disabled: boolean; expiresAt: number | null },
  now: number,
): Status {
  if (key.revoked) return 'revoked';
  if (key.expiresAt !== null && key.expiresAt <= now) return 'expired';
  if (key.disabled) return 'disabled';
  if (key.expiresAt !== null && key.expiresAt - now <= expiringWithin) return 'expiring';
  return 'active';
}

/** Whether the key works now: `expiring` is active with 30 days or less left. */
export function isActive(key: Key): boolean {
  return key.status === 'active' || key.status === 'expiring';
}

/**
 * The keys, newest first, each with `superseded` set. If the API does not report when they were created, only the journal
 * knows which key of a name is older: the one that a rotation is to retire.
 */
export function withSuperseded(keys: readonly Key[]): Key[] {
  return markSuperseded(keys.map((key) => ({ ...key })));
}

/** As `withSuperseded`, but changes the keys themselves: copies of 100,000 keys take as much memory again. */
export function markSuperseded(keys: Key[]): Key[] {
  keys.sort(byCreation).reverse().sort(byJournal);
  const seenNames = new Set<string>();
  for (const key of keys) {
    key.superseded = key.createdAt === undefined ? key.retireAt !== undefined : seenNames.has(key.name);
    if (isActive(key)) seenNames.add(key.name);
  }
  return keys;
}

function byJournal(a: Key, b: Key): number {
  if (a.createdAt !== undefined || b.createdAt !== undefined) return 0;
  return Number(a.retireAt !== undefined) - Number(b.retireAt !== undefined);
}

/** Oldest first; keys of the same millisecond have a fixed order. */
export function byCreation(a: Key, b: Key): number {
  const first = a.createdAt ?? '';
  const second = b.createdAt ?? '';
  if (first !== second) return first < second ? -1 : 1;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/**
 * Some APIs silently cut their lists at a round number of keys: a key that such a list does not show may exist. A list that
 * says where it ends is complete.
 */
export function mayBeCut(keys: { readonly length: number }, { capabilities }: ListedBy): boolean {
  return !capabilities.endsLists && keys.length > 0 && keys.length % 50 === 0;
}

interface ListedBy {
  capabilities: { endsLists: boolean };
}

/** Page sizes of some APIs. */
const pageSizes = [10, 20, 25, 30];

/** A more cautious `mayBeCut`, for decisions that would lose a key that is wrongly taken for absent. */
export function mayHide(keys: readonly Key[], api: ListedBy): boolean {
  return mayBeCut(keys, api) || (!api.capabilities.endsLists && pageSizes.includes(keys.length));
}
