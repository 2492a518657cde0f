import type { Secret } from '../../base/secret.ts';

/** What is about to be done, as it is written down before anything happens. There is no secret in it. */
export interface Plan {
  /** What is made. */
  kind: 'create' | 'session' | 'rotate';
  /** What the new key is to be called. */
  name: string;
  /** Where its secret goes, in order, as the user wrote it. */
  sinks: readonly string[];
  /** Ids of the keys of this name that there were before. */
  known: readonly string[];
  /** The API keeps no names: whatever is new may have been made by this operation. */
  nameless?: true;
  /** The list of keys may have been cut: a key that is not among `known` need not be new. */
  isCut?: true;
  /** Of a rotation: the key whose place the new one takes. */
  replaces?: Replaced;
}

/** A key that is to be retired when the new one has arrived. */
export interface Replaced {
  id: string;
  /** Milliseconds that it goes on working beside the new one. */
  grace: number;
  /** When it would have ended without the rotation (RFC 3339); null: never; absent: not known. */
  expiresAt?: string | null;
  /** The new key is delivered without asking whether it works. */
  unverified?: true;
  /** When it was made (RFC 3339): of an API that uses ids again, another key may have its id by the time it is retired. */
  createdAt?: string;
  /** What the API showed of it; only where its own rotation may keep the id. */
  shown?: { prefix?: string; createdAt?: string };
  /** It is not retired by the clock, but by somebody who sees that nobody uses it any more. */
  untilIdle?: true;
}

/** How far an operation has come. Each step is written down before the next one begins. */
export type Step =
  /** The call that makes the key is sent next: from here on there may be one. */
  | {
      step: 'creating';
      /** Milliseconds that the call may take; absent: it is done when it returns. */
      limit?: number;
    }
  /** `id` is empty where nobody could tell which key it is. */
  | {
      step: 'created';
      id: string;
      /** By which the secret is recognised in a place. */
      fingerprint?: string;
    }
  /** The sink is handed the secret next: from here on it may have it. */
  | { step: 'delivering'; sink: string }
  | { step: 'delivered'; sink: string; verified: boolean }
  /** `sink` is absent where it failed before the first one. */
  | {
      step: 'undelivered';
      sink?: string;
      reason: string;
      /** The program that was to take it in did not come to an end of its own: it may have. */
      isUnclear?: true;
    }
  /** Every sink has the secret. The old key works until then (RFC 3339), or until nobody uses it, and is to be retired. */
  | { step: 'superseded'; until: string | null }
  /** No reply: whether there is a key is not known. */
  | { step: 'lost'; reason: string };

/** A key that was made, and its secret. */
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
  /** The place where the secret waits until it is delivered, such as "Secret Service"; undefined: there is none. */
  readonly escrow: string | undefined;
  /** Resolves when the step is on disk. */
  note(step: Step): Promise<void>;
  /** Puts the secret in escrow and reads it back. Does nothing where there is none. */
  putInEscrow(held: EscrowedSecret): Promise<void>;
  /** What is in escrow. Throws `KeysError` (`escrow_damaged`) where it is not what was put there. */
  readEscrow(): Promise<EscrowedSecret | undefined>;
  /** Erases what is in escrow, then forgets the operation. Never throws: what is left is cleared up by `recover`. */
  end(): Promise<void>;
  /** Erases what is in escrow, and leaves the operation open: what is left to do needs no secret. Never throws. */
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

/** Where operations are written down. */
export interface Journal {
  /** Throws `KeysError` where nothing can be written: then nothing has begun. */
  begin(plan: Plan): Promise<Operation>;
}
