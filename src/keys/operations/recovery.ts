import type { Secret } from '../../base/secret.ts';
import type { Destination } from '../destination.ts';
import type { Key } from '../key.ts';
import type { Delivered, Sink } from '../ports.ts';
import type { OperationIssuer } from './issuer.ts';
import type { Header, OpenOperation, Setting } from './open-operation.ts';
import type { Operation } from './operation.ts';
import type { Outcome } from './outcome.ts';

/** What the user has decided; everything else takes the safe way or stays open. */
export interface RecoveryChoice {
  /** Sinks to deliver to in place of the recorded ones, as the user wrote them. */
  to: readonly string[];
  /** Print the bare secret. */
  secretOnly: boolean;
  /** Revoke the key, even if its secret could be delivered. */
  revoke: boolean;
  /** End the operation and leave the key as it is. */
  keep: boolean;
  /** Which of several candidates this operation created. */
  keyId: string | undefined;
  /** Agree to every revocation that is safe. */
  assumeYes: boolean;
}

export interface RecoveryMode {
  /** The operation was named or is the only one: the choice is about this one. */
  isOne: boolean;
  /** The recovery is a part of rotating the key of this name. */
  rotates: boolean;
  /** A new grace period in ms, in place of that of the operation. */
  grace?: number | undefined;
  /** A prompt can be answered, and no other work runs meanwhile. */
  mayAsk: boolean;
}

/** What recovery tells while it works. */
export type RecoveryEvent =
  | { type: 'waiting-for-api'; operation: string; seconds: number }
  | { type: 'delivered'; delivered: readonly Delivered[] }
  | { type: 'created-revoked'; noun: string; id: string }
  | { type: 'still-open'; outcome: Outcome };

/** What recovery asks a person. Only called with `mayAsk`. */
export interface RecoveryPrompts {
  chooseOperations(open: readonly OpenOperation[]): Promise<readonly OpenOperation[]>;
  /** What to do with a secret that is at hand; `to`: sinks of another choice. */
  chooseDelivery(question: DeliveryQuestion): Promise<'deliver' | 'revoke' | 'leave' | { to: string[] }>;
  /** A sink may have the secret. */
  chooseUnclear(question: { key: Named; sinks: readonly string[] }): Promise<'leave' | 'keep' | 'revoke'>;
  /** Which candidate to revoke; undefined: none. */
  chooseCandidate(candidates: readonly Key[]): Promise<Key | undefined>;
  confirmRevocation(key: { id: string; isSecretLost: boolean; setting: Setting }): Promise<boolean>;
}

export interface DeliveryQuestion {
  key: Key;
  setting: Setting;
  noun: string;
  /** The sink that the secret was read from; absent: it is in escrow. */
  from?: string | undefined;
  sinks: readonly string[];
}

type Named = Pick<Key, 'id' | 'name'>;

/** What recovery needs from outside the domain. */
export interface RecoveryServices {
  readonly now: Date;
  /** Aborts when waiting must end. */
  readonly stop: AbortSignal;
  /** stdout may get the secret as part of a record. */
  readonly printsRecords: boolean;
  /** Call it right before something changes. Throws `KeysError` after an interruption. */
  startMutation(): void;
  /** Takes the operation for this process; undefined: another one has it, or has ended it. */
  claim(operation: OpenOperation): Promise<Operation | undefined>;
  /** What created the key, in the profile of the operation. */
  issuerOf(header: Header): Promise<OperationIssuer>;
  /** The recorded sinks besides stdout. */
  recordedSinks(header: Header): Promise<readonly Sink[]>;
  openDestination(request: DeliveryRequest): Promise<Destination<Outcome>>;
  /** Runs before the secret goes anywhere. */
  maskInLog(secret: Secret): Promise<void>;
  tell(event: RecoveryEvent): Promise<void>;
  readonly prompts: RecoveryPrompts;
}

export interface DeliveryRequest {
  to: readonly string[];
  secretOnly: boolean;
  setting: Setting;
  /** Relative paths start from the folder of this command, not from that of the operation. */
  isHere: boolean;
}

/** One operation that is being recovered. */
export interface Recovery extends RecoveryMode {
  services: RecoveryServices;
  open: OpenOperation;
  operation: Operation;
  issuer: OperationIssuer;
  choice: RecoveryChoice;
  /** Its sinks, as far as they can be opened. */
  places: readonly Sink[];
}
