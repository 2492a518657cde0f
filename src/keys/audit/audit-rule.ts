import type { Failure } from '../../base/errors.ts';
import type { Key, KeyField } from '../key.ts';
import type { Capabilities } from '../ports.ts';
import type { Policy } from './audit-policy.ts';
import type { Severity, Spot } from './finding.ts';

/** A profile, and what a command has to be told to use it. */
export interface ProfileName {
  profile: string;
  /** Such as `--profile work`; empty for the current one. */
  flags: string;
}

/** A profile whose keys could be listed. */
export interface Account extends ProfileName {
  capabilities: Pick<
    Capabilities,
    'expiry' | 'expirySteps' | 'updateFields' | 'createFields' | 'revoke' | 'disable'
  >;
  /** What a key can be allowed, the least first; undefined: the provider does not tell. */
  permissions: readonly string[] | undefined;
  /** Each with `superseded`. */
  keys: readonly Key[];
  /** RFC 3339; null: never; absent: the API does not tell. */
  sessionEndsAt?: string | null;
  /** Without a session, as the embedded authority. */
  hasSession: boolean;
  /** The sinks of a key's secret, by its name, as far as a file says so. */
  sinksOf(name: string): readonly string[];
  /** Where a file says what the key should be. */
  spotOf(name: string): Spot | undefined;
}

/** A profile whose keys could not be listed. */
export interface Unreachable extends ProfileName {
  failure: Pick<Failure, 'code' | 'message' | 'hints'>;
}

/** An operation of the journal that has not ended. */
export type UnfinishedOperation =
  | {
      profile: string;
      id: string;
      kind: 'create' | 'session' | 'rotate';
      name: string;
      /** RFC 3339. */
      begunAt: string;
    }
  /** Its file cannot be read. */
  | { profile: null; id: null; fault: string };

/** A place where the secret of a key is said to be. */
export interface Place extends ProfileName {
  /** As a sink: `env:.env#API_KEY`. */
  sink: string;
  /** Of the key whose secret it is to hold. */
  name: string;
  /** The key whose secret it holds; null: certainly that of no key; undefined: not known. */
  holder: Key | null | undefined;
  /** Why that is not known. */
  reason?: string;
  /** A key of that name works. */
  isNameInUse: boolean;
  spot?: Spot;
}

/** A file that holds secrets. */
export interface SecretFile {
  /** Null: it is a file of keys itself. */
  profile: string | null;
  path: string;
  /** What is in it: `session tokens`. */
  content: string;
  /** Its permission bits if others have any of them, such as `0644`. */
  openMode: string | undefined;
  /** Whether git has it in its index; undefined: git could not tell. */
  isTracked: boolean | undefined;
}

/** What a rule says of its subject. */
export interface Draft {
  message: string;
  fix: string;
  /** Another severity than that of the rule. */
  severity?: Severity;
  /** Of an account: the key that it is about. */
  key?: Key;
}

/** The rule cannot tell. */
export interface Unknown {
  /** Why: `lastUsedAt is not reported`. */
  unknown: string;
}

export type Answer = Draft | Unknown;

interface RuleBase {
  /** In kebab case. Stable, for scripts. */
  id: string;
  severity: Severity;
  /** What is wrong, in the present tense: `the key never expires`. */
  title: string;
  /** Why it matters, and what to do: whole sentences. */
  why: string;
  /** The flag that turns it on, or changes it. */
  flag?: string;
}

export interface KeyRule extends RuleBase {
  on: 'key';
  /** The keys that it looks at; absent: those that work and are not about to be retired. */
  appliesTo?(key: Key): boolean;
  /** What has to be reported of a key; if it is not, the rule cannot tell. */
  needs?: readonly KeyField[];
  check(key: Key, account: Account, policy: Policy, now: Date): Iterable<Answer>;
}

export interface AccountRule extends RuleBase {
  on: 'account';
  check(account: Account, policy: Policy, now: Date): Iterable<Answer>;
}

interface PartRule<On extends string, Part> extends RuleBase {
  on: On;
  check(part: Part, policy: Policy, now: Date): Iterable<Answer>;
}

export type ProfileRule = PartRule<'profile', Unreachable>;
export type OperationRule = PartRule<'operation', UnfinishedOperation>;
export type PlaceRule = PartRule<'place', Place>;
export type FileRule = PartRule<'file', SecretFile>;

export type AuditRule = KeyRule | AccountRule | ProfileRule | OperationRule | PlaceRule | FileRule;
