import type { Environment } from '../env.ts';
import type { Outcome, Program } from '../supervise-program.ts';

/* What this process and its launcher say to each other, one line of JSON each. No secret is among it, except in the output of a program that prints one. */

export interface LaunchRequest extends Omit<Program, 'env'> {
  id: number;
  /** Absent: as in the last request. */
  env?: Environment;
  /** This process's descriptor of a pipe; absent: no input. */
  stdin?: number;
}

/** `end`: end the programs that run. `exit`: this process ends, and its programs with it. */
export type LauncherOrder = LaunchRequest | 'end' | 'exit';

export type LauncherReply =
  | 'ready'
  | { id: number; pid: number }
  | { id: number; outcome: Outcome }
  | { id: number; message: string }
  /** The program cannot be run from there, and was not. */
  | { id: number; refused: true };
