import type { Organisation } from '../../authority/decision.ts';
import type { Caller } from '../../authority/sessions.ts';
import type { FileSettings } from '../../authority/store/store.ts';
import type { Use } from '../../authority/use.ts';
import type { Failure } from '../../base/errors.ts';
import type { QuestionName } from '../questions/questions.ts';

/* What the server and its threads say to each other: one answer to each request, in order. */

/** How a thread opens the database. */
export interface ThreadSettings extends FileSettings {
  organisation: Organisation;
  /** Leave the processor to other threads that need it. */
  isBackground?: boolean;
}

export type ThreadRequest = { /** Milliseconds since the epoch. */ now: number } & (
  | { kind: 'record'; uses: readonly Use[] }
  /** Remove expired log rows, at most `maxRows`, and answer how many that were. */
  | { kind: 'prune'; maxRows: number }
  | { kind: 'ask'; name: QuestionName; caller: Caller; input: unknown }
  /** Close the database and end. */
  | { kind: 'end' }
);

export type ThreadAnswer =
  | { kind: 'done'; value: unknown }
  /** A `KeysError`. */
  | { kind: 'failed'; failure: Failure }
  /** A defect. */
  | { kind: 'broken'; message: string };

/** A use that the database rejected: its index in the request, and why. */
export interface Rejection {
  index: number;
  message: string;
}
