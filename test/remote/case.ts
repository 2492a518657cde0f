import type { Key } from '../../src/keys/key.ts';
import type { KeyChanges, KeySpec } from '../../src/keys/ports.ts';
import type { Reason } from '../../src/keys/verdict.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { Exchange } from './exchange.ts';
import type { UseCases } from './use-cases.ts';

/** The calls and answers that one provider documents, and how `keys` must read them. */
export interface Case extends UseCases {
  provider: Provider;
  options?: Record<string, string>;
  /** The header that carries the token `tok-EXAMPLE`. */
  credential: [header: string, value: string];
  /** The read that every call needs first. */
  before?: Exchange;
  list: Exchange;
  /** The same call for an account without keys. */
  empty: unknown;
  /** The page after the first one, if only an empty page ends the list. */
  end?: Exchange;
  keys: Partial<Key>[];
  show?: Exchange & { id: string; key: Partial<Key> };
  /** Absent if the API has no such call; so are the others. */
  create?: Exchange & { spec: Partial<KeySpec>; key: Partial<Key>; secret: string };
  /** The calls after `create` if its answer does not identify the new key. */
  afterCreate?: Exchange;
  rotate?: Exchange & { id: string; expiresAt: Date | null; key: Partial<Key>; secret: string };
  update?: Exchange & { id: string; changes: KeyChanges };
  disable?: Exchange & { id: string };
  /** `following`: the calls that complete it. */
  revoke?: Exchange & { id: string; following?: readonly Exchange[] };
  /** With the key `key-abcdefghEXAMPLE`. */
  verify?: Exchange & { reason: Reason };
}
