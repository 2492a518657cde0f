import type { Leak } from '../../keys/leak.ts';

/** What a search for leaked values has found. */
export interface LeakReport {
  findings: Leak[];
  scanned: { files: number; bytes: number };
}
