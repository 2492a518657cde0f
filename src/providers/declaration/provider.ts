import type { KeyInput } from '../../keys/key.ts';
import type { Capabilities, Reason } from '../../keys/ports.ts';
import type { TimeStyle } from './styles.ts';

/*
 * The shape in which one key-management API is declared: where things are, in what units, and what the API cannot do.
 * Plain data, so that a user's own provider is the same thing as JSON.
 */

export interface Provider {
  /** Lower-case letters, digits and dashes. */
  id: string;
  name: string;
  /** Where the API is documented. */
  docs?: string;
  /** What a user should know of this declaration, such as that a format is a reading of a prose document. */
  note?: string;
  /** The base URL; absent where every installation has its own, and `--url` says which. */
  url?: string;
  /**
   * How the session token is sent. `scheme` is the word before it, if any; `otpHeader` carries a one-time password,
   * where the API answers 401 and asks for one.
   */
  auth: { header: string; scheme?: string; otpHeader?: string };
  /** The same on every request, such as a version. */
  headers?: Readonly<Record<string, string>>;
  /** Settings of a profile (`login --option NAME=VALUE`) that stand in paths, queries and bodies as `{option.NAME}`. */
  options?: Readonly<Record<string, { help: string; required?: boolean }>>;
  /** Secrets that single calls want beside the token: `{secret.NAME}` in a body. Asked for, or `KEYS_<NAME>`. */
  secrets?: Readonly<Record<string, { help: string }>>;
  capabilities: Pick<Capabilities, 'overlap' | 'expiry' | 'uniqueNames' | 'maxKeys'> & {
    /** With `expiry: 'steps'`: the spans on offer, as durations. */
    expirySteps?: readonly string[];
    expiryRequired?: boolean;
  };
  /** The permissions that a key can be given, the least one first; absent where the API does not say which exist. */
  permissions?: readonly string[];

  list: Operation & {
    /** Where the keys are; '' is the whole answer. */
    items: Path;
    /** There is one key at `items`, or none, in place of a list. */
    single?: true;
    paging?: Paging;
  };
  show?: Operation & { key?: Path };
  create: Issuing;
  /** A new secret in place of the old one, by the API itself; `{grace:STYLE}`, see `graceStyles`. */
  rotate?: Issuing;
  /** With `put` it replaces the whole key: what was not said is sent again as it was. `key` is where the answer has it. */
  update?: Operation & {
    key?: Path;
    /** `merge`: the API changes the labels that are sent, and removes those that are null; absent: it replaces them all. */
    labels?: 'merge';
  };
  disable?: Operation;
  enable?: Operation;
  revoke: Operation & {
    /** Revoking only disables a key, for good: a disabled key counts as revoked. */
    leaves?: 'disabled';
  };
  /** Its query, or its body, can say which entries are wanted, see `logInputs`. */
  logs?: Operation & { items: Path; paging?: Paging; entry: EntryFields };
  /** Sums by key and by day, told all of `usageInputs`; absent: the counters of the keys are what there is. */
  usage?: Operation & { items: Path; row: UsageFields };
  verify?: Verification;
  /** Ends the session whose token is sent. */
  logout?: Operation;

  key: KeyFields;
  errors?: { message?: Path; code?: Path };
  /** As in an operation, for all of them. Beside these, `refusal.ts` has the forms that need no declaration. */
  ok?: Condition;
  error?: Condition;
}

/**
 * One call. The method is the name of the field that holds the path. Paths, queries and bodies are templates: a text
 * that is `{name}` alone stands for that input in its own type, and disappears where there is none; inside a longer
 * text it is written out. `{expiresAt:STYLE}` converts, see `expiryStyles`; `{since:STYLE}`, see `momentStyles`.
 */
export interface Operation {
  get?: string;
  post?: string;
  put?: string;
  patch?: string;
  delete?: string;
  query?: Readonly<Record<string, string>>;
  body?: Template;
  /** What an answer with a status of success must say to be one, and what makes it a refusal; absent: the provider's. */
  ok?: Condition;
  error?: Condition;
}

/**
 * What stands at a path: one of the values of `is`, compared as text, so that `true` and `"true"` are the same. Without
 * `is`: anything but null, false, an empty text, list or object.
 */
export interface Condition {
  at: Path;
  is?: Scalar | readonly Scalar[];
}

type Scalar = string | number | boolean | null;

/** A call that gives out a secret. */
export interface Issuing extends Operation {
  /** Where the new key is; absent where the answer has no id and the key must be looked up. */
  key?: Path;
  secret: Path;
  /**
   * The header that takes an idempotency key, such as `Idempotency-Key`: the API answers a repeated call with the same
   * one as it did the first time, secret included. Without it, a call that may have been done is never repeated.
   */
  idempotency?: string;
}

export type Template =
  | string
  | number
  | boolean
  | null
  | readonly Template[]
  | { readonly [name: string]: Template };

/** Field names with dots between them; several are tried in order. '' is the whole. */
export type Path = string | readonly string[];

export type TimePath = Path | { at: Path; as: TimeStyle };

/** Where the fields of a key are, relative to the key. A field that is not named is one the API does not report. */
export interface KeyFields {
  id: Path;
  /** `{ always: text }` where keys have no names. */
  name: Path | { always: string };
  description?: Path;
  /**
   * Words of the API and what they mean. The first rule whose word means anything but active decides; a word that no rule
   * has makes the status unknown, and no rule at all means active.
   */
  status?: readonly {
    at: Path;
    words: Readonly<Record<string, 'active' | 'expired' | 'revoked' | 'disabled'>>;
  }[];
  /** The recognisable part of the secret; cut down where the API gives away more than that. */
  prefix?: Path;
  createdAt?: TimePath;
  expiresAt?: TimePath;
  lastUsedAt?: TimePath;
  lastUsedIp?: Path;
  /** A list of texts, or one text. */
  permissions?: Path;
  rateLimitRpm?: Path;
  budgetUsd?: Path;
  spentUsd?: Path;
  models?: Path;
  /** An object whose values are texts. */
  labels?: Path;
  usage?: { requests: Path; tokens?: Path };
  /** What a rotation copies from the old key as it is: `{kept.NAME}` in the body of `create`. */
  kept?: Readonly<Record<string, Path>>;
  /**
   * Fields that look as if they restricted a key and do not, or that nobody can set: a rotation need not carry them over.
   * Without it, one that is set and read by nothing here stops a rotation: the new key might be allowed more.
   */
  harmless?: readonly string[];
  /** What the API gives every key alike. */
  alike?: readonly KeyInput[];
}

/** Where the fields of a log entry are; null is the same as absent. */
export interface EntryFields {
  timestamp: TimePath;
  method: Path;
  path: Path;
  statusCode: Path;
  keyId?: Path;
  ip?: Path;
  model?: Path;
  requests?: Path;
  tokens?: Path;
  costUsd?: Path;
}

/** Where the fields of a sum are: that of a key has a `keyId`, that of a day (UTC) a `date`. */
export interface UsageFields {
  keyId: Path;
  name?: Path;
  date: TimePath;
  requests: Path;
  tokens?: Path;
  spentUsd?: Path;
}

/** How to come from one page to the next; absent: the first answer is everything. `size` is at least 1. */
export type Paging =
  /** By number of items to leave out. */
  | { by: 'offset'; offset: string; limit?: string; size: number; total?: Path }
  /** By number of the page, from `first`, which is 1 unless said. */
  | { by: 'page'; page: string; limit: string; size: number; total?: Path; first?: number }
  /** `Link: <…>; rel="next"` (RFC 8288); `limit` asks for pages of `size`. */
  | { by: 'link'; limit: string; size: number }
  /** A URL in the answer; an empty one ends the list. */
  | { by: 'url'; next: Path }
  /** A text in the answer, to be sent back for the next page; an empty one ends the list, and so does `more` unless true. */
  | { by: 'cursor'; cursor: string; limit?: string; size: number; next: Path; more?: Path }
  /** A field of the last item, to be sent back for the next page, as long as `more` is true. */
  | { by: 'cursor'; cursor: string; limit?: string; size: number; last: Path; more: Path };

/** A harmless call that tells whether a key works, made with the key in place of the session token. */
export interface Verification extends Operation {
  /** Where the models are that the key may call; null there: all of them. Such an answer has them. */
  models?: Path;
  /** Where the id of the key is, among those of the list. Such an answer has it. */
  id?: Path;
  /** What only the answer to a key that works has, such as the name of its user. Without it a success is no proof. */
  requires?: Path;
  /** A word in an answer of success that says what the key is; one that is not among `words` is no key that works. */
  verdict?: { at: Path; words: Readonly<Record<string, Reason>> };
  /** How the key is sent, where that differs from the session token. */
  auth?: { header: string; scheme?: string };
  /** What a status means, where it is not 200 ok, 401 invalid, 402 budget, 403 forbidden, 429 rate-limited. */
  reading?: Readonly<Record<string, Reason>>;
}

export const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The method and the path template of a call. */
export function callOf(operation: Operation): { method: Uppercase<(typeof methods)[number]>; path: string } {
  for (const method of methods) {
    const path = operation[method];
    if (path !== undefined) return { method: method.toUpperCase() as Uppercase<typeof method>, path };
  }
  throw new Error('an operation without a method');
}
