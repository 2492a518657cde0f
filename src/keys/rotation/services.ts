import type { KeysError } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import type { Interruption } from '../../platform/interruption.ts';
import type { Aside } from '../../platform/permits.ts';
import type { Destination } from '../destination.ts';
import type { Difference } from '../differences.ts';
import type { Key } from '../key.ts';
import type { OpenOperation } from '../operations/open-operation.ts';
import type { Journal } from '../operations/operation.ts';
import type { RecoveryServices } from '../operations/recovery.ts';
import type { OwnKey } from '../own-key.ts';
import type { Delivered, KeyBackend } from '../ports.ts';
import type { Fleet, FleetSelection } from './fleet.ts';
import type { RotationPolicy } from './policy.ts';
import type { RotationRecord } from './record.ts';
import type { Retirement } from './retirement.ts';

/** A key as the API reported it, and when that was asked for, as `monotonicMs`. */
export interface SeenKey {
  key: Key;
  seenAt: number;
}

/** What was done ahead for one key. */
export interface Ahead {
  /** Its name is taken for this process. Throws `KeysError` as `RotationServices.claimName`. */
  claim(): () => void;
  /** The unfinished rotations of the name, as they were found after that, the oldest first; absent: look for them. */
  unfinished?: readonly OpenOperation[];
  /** The key as it was listed after that; absent: look at it. */
  seen?: SeenKey;
}

/** How a key leaves room for others while it makes no call: their calls are made meanwhile. */
export interface Pace {
  /** For work on this machine. */
  aside: Aside;
  /** For the sinks: as many deliver at the same time as call the API. */
  deliver: Aside;
  /** How many keys call at the same time. */
  concurrency: number;
}

/** One name that is to be rotated. */
export interface RotationJob {
  /** At least all keys of the name, newest first; see `KeyBackend.list`. */
  keys: readonly Key[];
  /** When they were listed at the latest, as `monotonicMs`; absent: some time ago. */
  listedAt?: number | undefined;
  old: Key;
  policy: RotationPolicy;
  /** The only key of this command: its steps are told one by one. */
  isOne: boolean;
  /** Whether the current key of the name is to be replaced; absent: as the policy says. */
  isWanted?: (current: Key) => Promise<boolean>;
  /** What was done for it together with others; absent: nothing. */
  ahead?: Ahead;
  /** Absent: it leaves no room. */
  pace?: Pace;
  /** Called with the id of the new key as soon as the rotation is complete. */
  onReplaced?: ((newId: string) => void) | undefined;
}

/** What a rotation tells while it works. */
export type RotationEvent =
  | { type: 'dry-run' }
  | { type: 'not-due'; key: Key }
  | { type: 'own-key-included'; key: Key; profile: string }
  | { type: 'own-key-skipped'; key: Key }
  | { type: 'only-disables'; provider: string }
  | { type: 'no-escrow' }
  | { type: 'loss-accepted'; problem: string }
  | { type: 'would-be-refused'; problem: string }
  | { type: 'resumed'; name: string; reason: string | undefined }
  | { type: 'usage-unknown'; id: string }
  | { type: 'usage'; evidence: string; isIdle: boolean }
  /** `evidence`: what shows that the new key has arrived. */
  | { type: 'retired'; id: string; evidence?: string }
  | { type: 'old-value-still-works'; id: string }
  | { type: 'old-key-stopped-early'; id: string; until: string | null }
  | { type: 'stored'; key: Key; differences: readonly Difference[] }
  | { type: 'delivered'; delivered: readonly Delivered[] }
  /** The API may have given the new value to this key, or to another one. */
  | { type: 'unidentified'; oldId: string }
  /** `isDisabled`: the API cannot revoke a key. */
  | { type: 'replaced'; oldId: string; newId: string; retirement: Retirement; isDisabled: boolean }
  /** Keys that an earlier command of the same run, begun at that time in ms, has rotated are left out. */
  | { type: 'fleet-continued'; startedAt: number; done: number; count: number }
  | { type: 'batch-started'; count: number }
  | { type: 'batch-step'; name: string }
  | { type: 'batch-failure'; key: Key; error: KeysError }
  | { type: 'batch-drained' }
  | { type: 'batch-finished'; records: readonly RotationRecord[]; notStarted: number };

/** What a rotation needs from outside the domain. */
export interface RotationServices {
  readonly backend: KeyBackend;
  readonly profile: { name: string; provider: string };
  readonly now: Date;
  /** The API lists all keys in one response, and tells as much of each as `backend.get` but for its usage. */
  readonly listsWhole: boolean;
  readonly interruption: Pick<Interruption, 'asked' | 'hasBegun' | 'failure'>;
  /** A prompt can be answered, and its answer is wanted. */
  readonly mayAsk: boolean;
  readonly recovery: RecoveryServices;
  /** Call it right before something changes. Throws `KeysError` after an interruption. */
  startMutation(): void;
  journal(): Promise<Journal>;
  /** The keys of the profile that references are about, newest first, as `KeyBackend.list` returns them. */
  listKeys(references: readonly string[]): Promise<readonly Key[]>;
  /** The same, with the keys that only their id leads to. Without references, every key. */
  listKeysWith(references: readonly string[]): Promise<readonly Key[]>;
  /** Takes a name for this process until the returned function is called. Throws `KeysError` (6) if it is taken. */
  claimName(name: string): Promise<() => void>;
  /** The unfinished rotations of these names, the oldest first. */
  openRotations(...names: string[]): Promise<readonly OpenOperation[]>;
  /** The key whose value this is, beyond doubt. */
  provenHolder(keys: readonly Key[], value: Secret): Promise<Key | undefined>;
  /** The key that is our own session token. */
  ownKey(keys: readonly Key[]): Promise<OwnKey | undefined>;
  /** The run over every key that this command begins or continues. Never throws `KeysError`. */
  openFleet(selection: FleetSelection): Promise<Fleet>;
  openDestination(to: readonly string[]): Promise<Destination<RotationRecord>>;
  /** Runs before the secret goes anywhere. */
  maskInLog(secret: Secret): Promise<void>;
  /** Throws `KeysError` if the new key must not stay. `known`: the keys that there were. Absent: it stays. */
  requireFirst?(key: Key, known: readonly Key[]): Promise<void>;
  tell(event: RotationEvent): Promise<void>;
}
