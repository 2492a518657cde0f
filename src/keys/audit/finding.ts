/** From the most severe one. */
export const severities = ['error', 'warning', 'info'] as const;

export type Severity = (typeof severities)[number];

/** The fields of a finding, in the order in which they are printed. */
export const findingFields = ['rule', 'severity', 'keyId', 'name', 'profile', 'message', 'fix'] as const;

/** What a rule has found. Its texts are sanitised. */
export interface Finding {
  rule: string;
  severity: Severity;
  /** Null: it is not about a key. */
  keyId: string | null;
  name: string | null;
  profile: string | null;
  message: string;
  /** A command that can be pasted. */
  fix: string;
}

/** A place in a file; lines and columns count from 1. */
export interface Spot {
  path: string;
  line?: number;
  column?: number;
}

/** A finding, and what a report needs beyond its fields. */
export interface Located {
  finding: Finding;
  /** The file that it is about, or that says so of its key. */
  at?: Spot;
  /** What tells it from others of its rule, in every run alike. */
  identity: readonly string[];
}

/** What a rule could not tell of some keys, because the provider does not report a field, or for another reason. */
export interface Unchecked {
  rule: string;
  profile: string | null;
  reason: string;
  /** How many keys, places or files. */
  count: number;
}

export interface AuditReport {
  findings: readonly Located[];
  /** How many keys were looked at: all that are not revoked. */
  checked: number;
  unchecked: readonly Unchecked[];
}

/** Whether a finding is at least as severe. */
export function reaches(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) <= severities.indexOf(least);
}
