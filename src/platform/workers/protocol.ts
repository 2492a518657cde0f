import type { Failure } from '../../base/errors.ts';
import type { Environment } from '../env.ts';

/* What a process and its workers say to each other. */

export type ToWorker =
  /** The first message. The variables are in no place that other programs can look at. */
  | { kind: 'start'; number: number; env: Environment }
  /** Read files again. */
  | { kind: 'reload' }
  /** Finish what runs, then end. */
  | { kind: 'stop' }
  /** End all waiting. */
  | { kind: 'stopNow' }
  /** Another worker wants to know what this one counts. */
  | { kind: 'count'; question: number }
  /** What all workers count. */
  | { kind: 'counts'; question: number; texts: readonly string[] };

export type FromWorker =
  | { kind: 'ready'; url: string }
  /** It cannot do its work, and ends. */
  | { kind: 'failed'; failure: Failure }
  | { kind: 'askCounts'; question: number }
  | { kind: 'count'; question: number; text: string };
