import type { AccessRequest, Admission, Decision } from '../decision.ts';
import type { LostUse, Use } from '../use.ts';

/** What became of a use that its key reported itself. */
export interface Reported {
  decision: Decision;
  lost?: LostUse | undefined;
}

/** What a gate counts that asks a database in another process. Counts are since the start. */
export interface GateFigures {
  connections: { open: number; idle: number; waiting: number };
  /** Slots that were taken in advance, those of them that expired, and how often the database was asked for slots. */
  leases: { leased: number; unused: number; roundTrips: number };
  /** Whether a connection hears of changes, and how often it was lost. */
  channel: { isConnected: boolean; lost: number };
}

/**
 * What happens for each use of a key, and has to be fast. A gate that needs no other process answers at once, without a
 * promise. Every method throws `KeysError` if the database cannot be used: nothing is admitted then.
 */
export interface UseGate {
  /**
   * Decides on a batch of uses and reserves their rate limit slots: exact across all processes. Once a caller is told that
   * a budget is spent, it stays spent, even after a power failure.
   */
  authorize(requests: readonly AccessRequest[]): Decision[] | Promise<Decision[]>;
  /** Decides without reserving a rate limit slot. Changes nothing. */
  examine(request: AccessRequest): Decision | Promise<Decision>;
  /** Records a batch of uses in one transaction. Returns those that the database rejects. */
  record(uses: readonly Use[]): LostUse[] | Promise<LostUse[]>;
  /**
   * Records a use that has happened, if its key may still be used, under what the key has left: nothing happens in between.
   * `use` may throw, and then nothing is recorded.
   */
  report(request: AccessRequest, use: (admission: Admission) => Use): Reported | Promise<Reported>;
  /** Removes expired log rows, at most `maxRows`. Returns how many it removed. */
  prune(maxRows: number): number | Promise<number>;
  /** Absent: the database is in this process. */
  readonly figures?: GateFigures;
  close(): void | Promise<void>;
}
