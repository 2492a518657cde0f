import type { Duration } from '../../base/time.ts';

/** What a file says that there should be. */
export interface DesiredState {
  /** The path of the file, as messages name it. */
  file: string;
  /** The profile of the keys that name none; absent: the current one. */
  profile?: string;
  keys: readonly DesiredKey[];
  audit?: AuditPolicy;
  /** By place of a key, how the file writes it: paths are relative to the file. For people. */
  placeNames: ReadonlyMap<string, string>;
  /** Variables that places need. Where one is not set, `to` has such a place as it is written. */
  unsetVariables: readonly string[];
}

/** One key that there should be. A field that is absent is left alone; in a new key, it is the API's default. */
export interface DesiredKey {
  name: string;
  /** Absent: that of the file. */
  profile?: string;
  description?: string;
  expires?: DesiredExpiry;
  permissions?: readonly string[];
  /** Requests per minute; null: no limit. */
  rateLimitRpm?: number | null;
  /** US dollars; null: no limit. */
  budgetUsd?: number | null;
  /** Models the key may call; empty: every model. */
  models?: readonly string[];
  /** Labels that the key has; others are left alone. */
  labels?: Readonly<Record<string, string>>;
  disabled?: boolean;
  owner?: string;
  /** Where its secret is kept: sinks as `--to` takes them, with absolute paths and without variables. */
  to: readonly string[];
  rotate?: DesiredRotation;
  /** Where the file says so; both count from 1. */
  at: { line: number; column: number };
}

export type DesiredExpiry =
  /** So long after each key of the name is created. */
  { kind: 'span'; duration: Duration } | { kind: 'date'; at: Date } | { kind: 'never' };

/** When the key is replaced, and how the old one ends: as the flags of `keys rotate`. */
export interface DesiredRotation {
  olderThan?: Duration;
  due?: Duration;
  grace?: Duration;
  whenIdle?: Duration;
}

/** What `keys audit` asks of every key. */
export interface AuditPolicy {
  maxAge?: Duration;
  expiring?: Duration;
  unused?: Duration;
  /** Fields that every key has to have, such as `expiry`. */
  require?: readonly string[];
  forbidPermission?: readonly string[];
  /** The least severe finding that makes the answer no. */
  failOn?: 'info' | 'warning' | 'error';
}
