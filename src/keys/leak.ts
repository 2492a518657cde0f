import type { Status } from './key.ts';

/**
 * Why a text counts as the value of a key: the account keeps its hash, or it is a secret with the checksum of the authority,
 * or it looks like the values of a provider, or begins like a key that the account shows.
 */
export type LeakEvidence = 'exact' | 'checksum' | 'prefix';

/** A value of a key where it should not be. The value itself is not part of it. */
export interface Leak {
  /** Relative to the current folder; `-` is stdin. */
  file: string;
  /** From 1; a column is a UTF-16 unit. */
  line: number;
  column: number;
  /** In the history: the oldest commit that has it there. */
  commit?: string;
  /** Null: no key of the accounts that were compared. */
  keyId: string | null;
  name: string | null;
  profile: string | null;
  /** Whose values look like that. */
  provider: string;
  match: LeakEvidence;
  /** What may be shown of it. */
  masked: string;
  status: Status;
  /** With --verify: whether the API still accepts it. Absent: it could not be asked. */
  works?: boolean;
  /** The command that replaces or ends the key; null: there is nothing left to end. */
  fix: string | null;
}

export const leakFields = [
  'file',
  'line',
  'column',
  'commit',
  'keyId',
  'name',
  'profile',
  'provider',
  'match',
  'masked',
  'status',
  'works',
  'fix',
] as const;

/** What a search for leaked values has found. */
export interface LeakReport {
  /** In the order of their places. */
  findings: Leak[];
  /** The same, those of one value together. */
  values: Leak[][];
  scanned: { files: number; bytes: number };
}
