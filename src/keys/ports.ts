import type { Secret } from '../base/secret.ts';
import type { BeforeSending } from './before-sending.ts';
import type { Key, KeyField, KeyInput } from './key.ts';
import type { Selection } from './select.ts';
import type { Summary } from './summary.ts';
import type { Verdict } from './verdict.ts';

/** What a provider's API can do. Checked before any call. */
export interface Capabilities {
  /** How an old and a new key can work side by side: not at all, by creating a second key, or by the API's own rotation. */
  overlap: 'none' | 'client' | 'server';
  /** Whether a key can expire: at any time, after one of fixed spans, or never. */
  expiry: 'any' | 'steps' | 'none';
  uniqueNames: boolean;
  /** Active keys per account; null: no limit. */
  maxKeys: number | null;
  /** The API says where its list ends, by a cursor or the URL of the next page: a list cannot be cut silently. */
  endsLists: boolean;
  /** A key can be read by its id: then its absence is certain, which a list never tells. */
  show: boolean;
  /** Whether the API has a call that creates a key, and one that ends it for good. */
  create: boolean;
  revoke: boolean;
  usage: boolean;
  logs: boolean;
  /** Whether the log reports which key was used. */
  logsByKey: boolean;
  /** What log entries do not report, or report alike; absent: nothing. */
  logsWithout?: readonly LogField[];
  update: boolean;
  disable: boolean;
  verify: boolean;
  /** Where a person does what the API has no call for: a URL, or a name such as `the Claude Console`. */
  console?: string;
  /** With `expiry: 'steps'`: the available spans. */
  expirySteps?: readonly string[];
  /** How precisely the API keeps an expiry, in ms: 1000 for whole seconds, a day for dates; absent: to the millisecond. */
  expiryResolution?: number;
  /** The API counts an expiry from its own clock. */
  expiryIsSpan?: boolean;
  /** Fields that are the same for every key, so that a new one has them as well. */
  alike?: readonly KeyInput[];
  /** A key cannot be created without an expiry. */
  expiryRequired?: boolean;
  /** The fields that can be set when a key is created, and when it is changed. */
  createFields: readonly KeyInput[];
  updateFields: readonly KeyInput[];
  /** Whether usage is reported by day. */
  usageByDay: boolean;
  /** How many days, today included, usage covers if no start is requested; absent: all that are reported. */
  usageDefaultDays?: number;
  /** How many days, today included, usage is reported; absent: all. */
  usageRetentionDays?: number;
  /** What the totals of usage cover; absent: everything. */
  usageCovers?: string;
  /** The fields that are reported of a key, in lists or when one is shown. */
  reports: readonly KeyField[];
}

/** A requested key. `expiresAt`: null: never. */
export interface KeySpec {
  name: string;
  description: string | null;
  expiresAt: Date | null;
  permissions: readonly string[];
  rateLimitRpm: number | null;
  budgetUsd: number | null;
  models: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** What it takes over from an older key verbatim, see `kept`. */
  kept?: Readonly<Record<string, unknown>>;
}

/** What an update changes; an absent field stays as it is. A label set to null is removed. */
export type KeyChanges = Partial<Omit<KeySpec, 'labels' | 'kept'>> & {
  labels?: Readonly<Record<string, string | null>>;
  disabled?: boolean;
};

/** A request to the API's own rotation. */
export interface InPlaceRotation {
  /** How many seconds the old secret keeps working, if the API lets that be set. */
  graceSeconds: number;
  /** When the new key expires; absent: as the API decides. */
  expiresAt?: Date | null;
  /** The end of the same span from now as that of the old key, for an API that does not keep it; null: there is none. */
  sameSpan?: Date | null;
}

/** One use of a key. */
export interface LogEntry {
  timestamp: string;
  method: string;
  path: string;
  /** Absent if it is not reported. */
  statusCode?: number;
  keyId?: string;
  ip?: string;
  model?: string;
  requests?: number;
  tokens?: number;
  costUsd?: number;
}

/** A field by which log entries can be selected. */
export type LogField = 'status' | 'method' | 'path';

/** Selects log entries; absent fields select all. `since` and `until` are both inclusive. */
export interface LogQuery {
  keyId?: string;
  since?: Date;
  until?: Date;
  /** `429` for one status, `4xx` for a class. */
  status?: string;
  method?: string;
  pathPrefix?: string;
}

/** Selects counters. `since` counts from the start of its day (UTC). */
export interface UsageQuery {
  by: 'key' | 'day';
  since?: Date;
  keyId?: string;
}

/** Counters summed over a key, or over a day (UTC). */
export interface UsageRow {
  /** Null: the use of no key, or of one that the provider does not report. */
  keyId?: string | null;
  name?: string;
  date?: string;
  /** The first day (UTC) that the counters cover, if not all of them could be requested. */
  since?: string;
  /** Absent if the provider does not count them. */
  requests?: number;
  /** Absent if the provider does not count them. */
  tokens?: number;
  /** Absent if the provider does not report it. */
  spentUsd?: number;
  /** Refused uses; absent if there were none, or the provider does not report them. */
  refused?: number;
}

/** A secret that was just issued. */
export interface Made {
  secret: Secret;
  /** The key with this secret; absent if the answer does not tell which: `identifyNew` finds it. */
  key?: Key;
}

/** The keys of one account, wherever they are kept. Every method throws `KeysError`. */
export interface KeyBackend {
  readonly capabilities: Capabilities;
  /** The permissions a key can have, the least one first; undefined if the provider does not report them. */
  readonly permissions: readonly string[] | undefined;
  /**
   * Every key of the account, including revoked ones if the API still lists them. With references, as `findKey` reads them:
   * at least the keys that they may name, and all keys of the same names. Only a backend without a limit on keys, which
   * keeps all names and lists all keys, leaves out others. The keys are new objects, which the caller may change.
   */
  list(references?: readonly string[]): Promise<Key[]>;
  /**
   * The selected keys in their order, each with `superseded`, some at a time as they are read: a part of them takes a part of
   * the list.
   * Undefined if it takes every key to tell which they are. Absent: it always does.
   */
  select?(selection: Selection, now: Date): AsyncIterable<readonly Key[]> | undefined;
  /** `summarise` of every key; its usage only on request. Absent: that takes the list. */
  summary?(now: Date, withUsage: boolean): Promise<Summary>;
  /** One key with everything that is reported of it; undefined if it does not exist, or is not listed (see `show`). */
  get(id: string): Promise<Key | undefined>;
  /**
   * Creates exactly one key by exactly one call. The secret is issued here and never again, so there is no other call
   * before the caller has it.
   */
  create(spec: KeySpec, beforeSending?: BeforeSending): Promise<Made>;
  /**
   * A new secret by the API's own rotation, which keeps all settings of the key; absent if the API has none. With
   * `overlap: 'client'` the old secret stops working at once, so creating a second key is better. One call, as `create`.
   */
  rotateInPlace?(old: Key, rotation: InPlaceRotation, beforeSending?: BeforeSending): Promise<Made>;
  /** The API's own rotation gives the same key a new secret: there is no old key that could be revoked. */
  readonly rotationKeepsId?: boolean;
  /** `listedKey`: the key as it was just listed, which saves a backend from reading it again. */
  update(id: string, changes: KeyChanges, listedKey?: Key): Promise<Key>;
  /**
   * Ends a key at once and for good; a key that is revoked already is no error (`false`). Without the capability `revoke`
   * it disables the key, if the API can.
   */
  revoke(id: string): Promise<boolean>;
  /** Newest first, read on demand: a million rows need no more memory than one. */
  logs(query: LogQuery): AsyncIterable<LogEntry>;
  usage(query: UsageQuery): Promise<UsageRow[]>;
  /**
   * The requests of each of these keys by day (`2026-11-20`, UTC) from a day on, without the days of none. Absent: that takes
   * more than a moment.
   */
  dailyRequests?(
    ids: readonly string[],
    since: string,
  ): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>>;
  /** The id of the key that is our own credential, as the API reports it; undefined if it is not one of the keys. */
  identify?(credential: Secret): Promise<string | undefined>;
  /** Whether a key has this secret, which was made here; undefined, or absent: the API does not tell. */
  holds?(id: string, secret: Secret): Promise<boolean | undefined>;
  /** The time limit of a call in ms; absent: a call is over when it returns. */
  readonly callLimit?: number;
  /** By how many ms the clock of the API is ahead of ours; undefined if it did not report its time. */
  clockAhead?(): number | undefined;
  /** Whether a key works, without spending anything. Only with the capability `verify`. */
  verify(secret: Secret): Promise<Verdict>;
}

/** What a sink gets. */
export interface Delivery {
  secret: Secret;
  key: Key;
  /** The sinks that have the secret already. */
  delivered: readonly Delivered[];
  /** The id of the operation that delivers it. */
  operation: string;
}

export interface Delivered {
  sink: string;
  /** Read back and found equal; false if the sink cannot be read. */
  verified: boolean;
}

/** A place where a new secret is delivered, once. */
export interface Sink {
  /** As the user wrote it, such as `env:.env#API_KEY`. */
  readonly name: string;
  /** Throws unless the delivery of the planned key can be expected to succeed. Leaves nothing behind. */
  check(plannedKey?: Pick<Key, 'name'>): Promise<void>;
  /**
   * Resolves once the secret is stored durably. On a failure, the place is as it was before; if that is not known, the
   * code of the failure is `delivery_unclear`.
   */
  deliver(delivery: Delivery): Promise<void>;
  /** The current value; null: none; undefined: it cannot be read now. Absent: it can never be read. Never fails. */
  read?(): Promise<Secret | null | undefined>;
  /** The place loses its value, or passes it on: an absent value may have been there. */
  isTransient?: true;
  /** Removes what a process left here that was killed during a delivery. Never fails. */
  removeLeftovers?(): Promise<void>;
}
