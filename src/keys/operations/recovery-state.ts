import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import type { Issuer } from './issuer.ts';

/** Where an operation stands, and with that what can be done about it. */
export type RecoveryState =
  /** No key of it is live, or every sink has its secret: it can be ended. */
  | {
      kind: 'settled';
      reason: 'nothing-made' | 'key-gone' | 'delivered';
      id?: string;
      /** The API does not know the key, which it may not know yet. */
      isAbsent?: true;
      /** What was delivered, where it can still be read. */
      secret?: Secret;
    }
  /** The secret is there, in escrow or in a sink; these sinks do not have it yet. */
  | {
      kind: 'deliverable';
      key: Key;
      secret: Secret;
      sinks: readonly string[];
      /** The sink that it was read from; absent: it is in escrow. */
      from?: string;
      /** The API does not list the key, which need not mean that it is gone. */
      isUnlisted?: boolean;
    }
  /** There is a key, and its secret is gone: no sink can have it. */
  | { kind: 'undeliverable'; key: Named; isTold: boolean }
  /** There is a key, and these sinks have its secret or may have it. */
  | { kind: 'unclear'; key: Named; holders: readonly string[] }
  /** There may be a key, and what is in escrow is not the secret that was put there. No place is known to have it. */
  | { kind: 'damaged'; key: Named; reason: string }
  /** The API has put a new secret in the place of this key's, or may have, and the secret is gone. */
  | { kind: 'renewed'; key: Named; isCertain: boolean }
  /** The reply was lost, and each of these may be the key: only a person can tell. */
  | { kind: 'ambiguous'; candidates: readonly Key[] };

export type Named = Pick<Key, 'id' | 'name'>;

/** What is asked about the keys that there are. */
export type Account = Pick<Issuer<never>, 'list' | 'get' | 'capabilities' | 'callLimit' | 'clockAhead'>;
