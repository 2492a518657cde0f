import type { Secret } from '../../base/secret.ts';
import type { Key } from '../key.ts';
import type { Issuer } from './issuer.ts';

/** The state of an unfinished operation, which decides what can be done about it. */
export type RecoveryState =
  /** Its key is not active, or every sink has its secret: it can be ended. */
  | {
      kind: 'settled';
      reason: 'nothing-made' | 'key-gone' | 'delivered';
      id?: string;
      /** The API does not know the key, or does not know it yet. */
      isAbsent?: true;
      /** The delivered secret, if a sink can still be read. */
      secret?: Secret;
    }
  /** The secret is at hand, in escrow or in a sink; these sinks do not have it yet. */
  | {
      kind: 'deliverable';
      key: Key;
      secret: Secret;
      sinks: readonly string[];
      /** The sink that it was read from; absent: it is in escrow. */
      from?: string;
      /** The API does not list the key, which may exist nevertheless. */
      isUnlisted?: boolean;
    }
  /** The key exists, and its secret is lost: no sink can have it. */
  | { kind: 'undeliverable'; key: Named; isTold: boolean }
  /** The key exists, and these sinks have its secret or may have it. */
  | { kind: 'unclear'; key: Named; holders: readonly string[] }
  /** The key may exist, and what is in escrow is not the secret that was put there. No sink is known to have it. */
  | { kind: 'damaged'; key: Named; reason: string }
  /** The API replaced the secret of this key, or may have, and the new secret is lost. */
  | { kind: 'renewed'; key: Named; isCertain: boolean }
  /** The reply was lost, and each of these may be the key: only a person can tell. */
  | {
      kind: 'ambiguous';
      candidates: readonly Key[];
      /** The API has issued the secret of a key, and does not list it, or not yet. */
      isUnlisted?: true;
    };

export type Named = Pick<Key, 'id' | 'name'>;

/** What the state depends on in the account. */
export type Account = Pick<
  Issuer<never>,
  'list' | 'get' | 'holds' | 'verify' | 'capabilities' | 'callLimit' | 'clockAhead'
>;
