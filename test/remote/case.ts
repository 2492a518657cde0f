import type { Key } from '../../src/keys/key.ts';
import type { KeyChanges, KeySpec } from '../../src/keys/ports.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';

/** One call as it must arrive, and what the API documents as its answer. */
export interface Exchange {
  /** Method, path and query. */
  route: string;
  /** The JSON of the body; absent: no body. */
  body?: unknown;
  status: number;
  /** Absent: an empty body. */
  answer?: unknown;
}

/** What one provider documents, and what `keys` must make of it. */
export interface Case {
  provider: Provider;
  options?: Record<string, string>;
  /** The header that carries the token `tok-EXAMPLE`. */
  credential: [header: string, value: string];
  list: Exchange;
  /** The same call where the account has no key. */
  empty: unknown;
  keys: Partial<Key>[];
  show?: Exchange & { id: string; key: Partial<Key> };
  create: Exchange & { spec: Partial<KeySpec>; key: Partial<Key>; secret: string };
  /** Asked after `create`, where its answer does not tell which key it made. */
  afterCreate?: Exchange;
  rotate?: Exchange & { id: string; expiresAt: Date | null; key: Partial<Key>; secret: string };
  update?: Exchange & { id: string; changes: KeyChanges };
  disable?: Exchange & { id: string };
  revoke: Exchange & { id: string };
}
