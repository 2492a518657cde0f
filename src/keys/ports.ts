import type { Secret } from '../base/secret.ts';
import type { Key, KeyField, KeyInput } from './key.ts';

/** What a provider's API can do. Commands ask before they call. */
export interface Capabilities {
  /** Whether old and new key can live side by side: never, by creating a second one, or by the API's own rotation. */
  overlap: 'none' | 'client' | 'server';
  /** Whether a key can expire: at any time, after one of fixed spans, or never. */
  expiry: 'any' | 'steps' | 'none';
  uniqueNames: boolean;
  /** Live keys per account; null where there is no limit. */
  maxKeys: number | null;
  /** The API says where its list ends, by a cursor or the address of the next page: a list cannot be short unseen. */
  endsLists: boolean;
  /** A key can be asked for by its id: that it is not there is then certain, which no list tells. */
  show: boolean;
  usage: boolean;
  logs: boolean;
  /** Whether the log tells which key was used. */
  logsByKey: boolean;
  update: boolean;
  disable: boolean;
  verify: boolean;
  /** With `expiry: 'steps'`: the spans on offer. */
  expirySteps?: readonly string[];
  /** Milliseconds to which the API keeps an expiry: 1000 for whole seconds, a day for dates; absent: to the millisecond. */
  expiryResolution?: number;
  /** The API counts an expiry from its own clock. */
  expiryIsSpan?: boolean;
  /** What the API gives every key alike, so that a new one has it as well. */
  alike?: readonly KeyInput[];
  /** A key cannot be made without an expiry. */
  expiryRequired?: boolean;
  /** What can be said about a key when it is made, and when it is changed. */
  createFields: readonly KeyInput[];
  updateFields: readonly KeyInput[];
  /** Whether `usage` can be told by day. */
  usageByDay: boolean;
  /** What is reported about a key, in lists or when one is shown. */
  reports: readonly KeyField[];
}

/** What a new key is asked to be. `expiresAt` is a moment, or null for never. */
export interface KeySpec {
  name: string;
  description: string | null;
  expiresAt: Date | null;
  permissions: readonly string[];
  rateLimitRpm: number | null;
  budgetUsd: number | null;
  models: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** What it takes over from an older key word for word, see `kept`. */
  kept?: Readonly<Record<string, unknown>>;
}

/** What an update changes; an absent field stays as it is. A label set to null is removed. */
export type KeyChanges = Partial<Omit<KeySpec, 'labels' | 'kept'>> & {
  labels?: Readonly<Record<string, string | null>>;
  disabled?: boolean;
};

/** How an API is asked to rotate a key. */
export interface InPlaceRotation {
  /** Seconds that the old secret goes on working, where the API lets that be said. */
  graceSeconds: number;
  /** When the new one ends; absent: as the API does it. */
  expiresAt?: Date | null;
}

/** One use of a key. */
export interface LogEntry {
  timestamp: string;
  method: string;
  path: string;
  statusCode: number;
  keyId?: string;
  ip?: string;
  model?: string;
  requests?: number;
  tokens?: number;
  costUsd?: number;
}

/** Which log entries are wanted. Absent: all. `since` and `until` are both inclusive. */
export interface LogQuery {
  keyId?: string;
  since?: Date;
  until?: Date;
  /** `429` for one status, `4xx` for a class. */
  status?: string;
  method?: string;
  pathPrefix?: string;
}

/** Which counters are wanted. `since` counts from the start of its day (UTC). */
export interface UsageQuery {
  by: 'key' | 'day';
  since?: Date;
  keyId?: string;
}

/** Counters summed over a key, or over a day (UTC). */
export interface UsageRow {
  keyId?: string;
  name?: string;
  date?: string;
  requests: number;
  /** Absent where the provider does not count them. */
  tokens?: number;
  /** Absent where the provider does not report it. */
  spentUsd?: number;
  /** Uses that were refused; absent where none was, or the provider does not report it. */
  refused?: number;
}

/** A secret that was given out just now. */
export interface Made {
  secret: Secret;
  /** The key that it is of; absent where the answer does not tell which: `identifyNew` finds that out. */
  key?: Key;
}

/** The keys of one account, wherever they are kept. Every method throws `KeysError`. */
export interface KeyBackend {
  readonly capabilities: Capabilities;
  /** The permissions a key can be given, the least one first; undefined where the provider does not say. */
  readonly permissions: readonly string[] | undefined;
  /** Every key of the account, revoked ones too where the API still knows them. */
  list(): Promise<Key[]>;
  /** One key with everything that is known of it; undefined where there is none, or none is listed (see `show`). */
  get(id: string): Promise<Key | undefined>;
  /**
   * Makes exactly one key by exactly one call. The secret is given out here and never again, so nothing else is asked
   * before the caller has it.
   */
  create(spec: KeySpec): Promise<Made>;
  /**
   * A new secret by the API's own rotation, which keeps all that the key is; absent where there is none. With
   * `overlap: 'client'` the old one is dead at once, and making a second key is better. One call, as `create`.
   */
  rotateInPlace?(old: Key, rotation: InPlaceRotation): Promise<Made>;
  update(id: string, changes: KeyChanges): Promise<Key>;
  /** Ends a key at once and for good; one already revoked stays so and is no error (`false`). */
  revoke(id: string): Promise<boolean>;
  /** Newest first, read as they are asked for: a million rows need no more memory than one. */
  logs(query: LogQuery): AsyncIterable<LogEntry>;
  usage(query: UsageQuery): Promise<UsageRow[]>;
  /** The id of the key that a credential of our own is, as the API says; undefined where it is none of the keys. */
  identify?(credential: Secret): Promise<string | undefined>;
  /** Milliseconds that a call may take before it is given up; absent: a call is done when it returns. */
  readonly callLimit?: number;
  /** Milliseconds by which the clock of the API is ahead of ours; undefined where it did not say. */
  clockAhead?(): number | undefined;
  /** Whether a key works, without using it up. Only where the capabilities say `verify`. */
  verify(secret: Secret): Promise<Verdict>;
}

/** What is known of a key's value. Limits (`budget`, `rate-limited`, `no-models`) do not make it invalid. */
export interface Verdict {
  valid: boolean;
  reason: Reason;
  /** Null where no answer came. */
  httpStatus: number | null;
  /** The models that the key may call, where they were told. */
  models?: readonly string[];
}

export const reasons = [
  'ok',
  'invalid',
  'expired',
  'revoked',
  'forbidden',
  'no-models',
  'budget',
  'rate-limited',
  'unreachable',
] as const;
export type Reason = (typeof reasons)[number];

/** What a sink is given. */
export interface Delivery {
  secret: Secret;
  key: Key;
  /** The sinks that have the secret already. */
  delivered: readonly Delivered[];
}

export interface Delivered {
  sink: string;
  /** Read back from there and found equal; false where a sink cannot be read. */
  verified: boolean;
}

/** A place where a new secret goes, once. */
export interface Sink {
  /** As the user wrote it, such as `env:.env#API_KEY`. */
  readonly name: string;
  /** Throws unless a delivery of the key that is planned can be expected to succeed. Leaves nothing behind. */
  check(planned?: Pick<Key, 'name'>): Promise<void>;
  /**
   * Resolves only when the secret is there to stay. On a failure, the place is as it was before; where that is not known,
   * the code of the failure is `delivery_unclear`.
   */
  deliver(delivery: Delivery): Promise<void>;
  /** The value that the place holds now; null: none; undefined: it cannot be read now. Absent: it never can be. Never fails. */
  read?(): Promise<Secret | null | undefined>;
  /** The place forgets, or is handed on: that a value is not there is no sign that it never was. */
  isTransient?: true;
  /** Removes what a process left here that was killed in the middle of a delivery. Never fails. */
  removeLeftovers?(): Promise<void>;
}
