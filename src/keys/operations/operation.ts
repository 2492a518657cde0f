import type { Secret } from '../../base/secret.ts';
import type { PlannedSpec } from './planned-spec.ts';

/** What an operation is about to do, written down before anything happens. Holds no secret. */
export interface Plan {
  /** What is created. */
  kind: 'create' | 'session' | 'rotate';
  /** The name of the new key. */
  name: string;
  /** Where its secret goes, in order, as the user wrote it. */
  sinks: readonly string[];
  /** Ids of the keys of this name that existed before. */
  known: readonly string[];
  /** The API keeps no names: any new key may have been created by this operation. */
  nameless?: true;
  /** The list of keys may have been cut: a key that is not among `known` need not be new. */
  isCut?: true;
  /** The new key, if `recover` may have to create it. */
  spec?: PlannedSpec;
  /** In a rotation: the key that the new one replaces. */
  replaces?: Replaced;
}

/** A key to be retired once the new one has arrived. */
export interface Replaced {
  id: string;
  /** The grace period in ms: how long it keeps working beside the new one. */
  grace: number;
  /** When it would have ended without the rotation (RFC 3339); null: never; absent: not known. */
  expiresAt?: string | null;
  /** The new key is delivered without being verified. */
  unverified?: true;
  /** When it was created (RFC 3339): if an API reuses ids, another key may have its id when it is to be retired. */
  createdAt?: string;
  /** What the API showed of it; only if the API's own rotation may keep the id. */
  shown?: { prefix?: string; createdAt?: string };
  /** It is retired once it is idle, not by the clock. */
  untilIdle?: true;
  /** It is revoked before the new key is created: the API allows one key, and has no rotation of its own. */
  revokedFirst?: true;
}

/** A step of an operation. Each is written down before the next one begins. */
export type Step =
  /** The old key is revoked next: from here on it may not work. The operation can then only go forward. */
  | { step: 'revoking' }
  /** The old key is revoked, and no new one exists yet. */
  | { step: 'revoked' }
  /** The call that creates the key is sent next: from here on it may exist. */
  | {
      step: 'creating';
      /** The time limit of the call in ms; absent: the call is over when it returns. */
      limit?: number;
    }
  /**
   * A secret that is made here goes into escrow next, and then the call sends it: what is in escrow does not show that a key
   * exists.
   */
  | {
      step: 'sending';
      /** The API stores it as it is sent. */
      isFinal?: true;
    }
  /** `id` is empty if it is not known which key it is. */
  | {
      step: 'created';
      id: string;
      /** Recognises the secret in a sink. */
      fingerprint?: string;
    }
  /** The sink gets the secret next: from here on it may have it. */
  | { step: 'delivering'; sink: string }
  | { step: 'delivered'; sink: string; verified: boolean }
  /** `sink` is absent if it failed before the first one. */
  | {
      step: 'undelivered';
      sink?: string;
      reason: string;
      /** The program that was to store it did not finish by itself: it may have stored it. */
      isUnclear?: true;
    }
  /** Every sink has the secret. The old key is to be retired then (RFC 3339); null: once it is idle. */
  | { step: 'superseded'; until: string | null }
  /** No reply: whether the key exists is not known. */
  | { step: 'lost'; reason: string }
  /** Nothing is left of the last `creating`: the API refused it, or the new key was revoked. */
  | { step: 'undone'; reason: string };

/** A key that was created, and its secret. */
export interface EscrowedSecret {
  /** Empty where the API has not told it yet. */
  id: string;
  name: string;
  secret: Secret;
}

/**
 * An operation that has begun and not ended. While this process has it, no other one touches it. Methods throw
 * `KeysError` where the journal or the escrow cannot be written.
 */
export interface Operation {
  readonly id: string;
  readonly plan: Plan;
  /** What was written down so far, in order. */
  readonly steps: readonly WrittenStep[];
  /** Where the secret waits until it is delivered, such as "Secret Service"; undefined: there is no escrow. */
  readonly escrow: string | undefined;
  /** Resolves when the step is on disk, and all before it. */
  note(step: Step): Promise<void>;
  /** Writes a step that need not be on disk before the next one is, or before `settle` resolves. */
  noteAhead(step: Step): void;
  /** Resolves when every step is on disk. */
  settle(): Promise<void>;
  /** Puts the secret in escrow and reads it back. Does nothing without an escrow. */
  putInEscrow(escrowedSecret: EscrowedSecret): Promise<void>;
  /** What is in escrow. Throws `KeysError` (`escrow_damaged`) if it is not what was put there. */
  readEscrow(): Promise<EscrowedSecret | undefined>;
  /** Erases what is in escrow, then forgets the operation. Never throws: what is left is cleared up by `recover`. */
  end(): Promise<void>;
  /** Erases what is in escrow, and leaves the operation open: the rest needs no secret. Never throws. */
  clearEscrow(): Promise<void>;
  /** Leaves it open, for `recover` in another process. Never throws. */
  leave(): Promise<void>;
}

export type WrittenStep = Step & { /** RFC 3339. */ at: string };

/**
 * Whether all that is left to do is to retire a key whose time has not come: the steps say that every sink has the new
 * one, and until when the old one works.
 */
export function isWaiting({ steps }: Pick<Operation, 'steps'>, now?: Date): boolean {
  const last = steps.at(-1);
  if (last?.step !== 'superseded') return false;
  return now === undefined || last.until === null || Date.parse(last.until) > now.getTime();
}

/** The steps of the last attempt to create the key; none if nothing is left of it. */
export function attemptIn(steps: readonly WrittenStep[]): readonly WrittenStep[] {
  const from = steps.findLastIndex(({ step }) => step === 'creating');
  const attempt = steps.slice(Math.max(0, from));
  return attempt.some(({ step }) => step === 'undone') ? [] : attempt;
}

/** What the last attempt was about to send, if the secret was made here and the answer has not arrived. */
export function sendingIn(
  steps: readonly WrittenStep[],
): Extract<WrittenStep, { step: 'sending' }> | undefined {
  return creationIn(steps) ? undefined : attemptIn(steps).findLast((one) => one.step === 'sending');
}

/** The key that the last attempt created. */
export function creationIn(
  steps: readonly WrittenStep[],
): Extract<WrittenStep, { step: 'created' }> | undefined {
  return attemptIn(steps).findLast((one) => one.step === 'created');
}

/** Records operations. */
export interface Journal {
  /**
   * Throws `KeysError` if it cannot be written: then nothing has begun. The operation is on disk once its first step is; what
   * changes anything is noted before.
   */
  begin(plan: Plan): Promise<Operation>;
}
