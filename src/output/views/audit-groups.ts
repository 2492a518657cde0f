import type { AuditRule } from '../../keys/audit/audit-rule.ts';
import { auditRules } from '../../keys/audit/audit-rules.ts';
import type { AuditReport, Finding, Located, Severity } from '../../keys/audit/finding.ts';
import { severities } from '../../keys/audit/finding.ts';
import { count, plural } from './key-values.ts';

/* What every report of an audit for people says. */

export interface AuditOutcome extends AuditReport {
  /** How many profiles were audited, or could not be. */
  profiles: number;
}

/** The findings of a rule that have the same severity. */
export interface FindingGroup {
  rule: AuditRule;
  severity: Severity;
  findings: readonly Finding[];
}

/** The most severe first, and those of the same severity in the order of the rules. */
export function groupsOf(found: readonly Located[]): FindingGroup[] {
  const groups = new Map<string, Finding[]>();
  for (const { finding } of found) {
    const name = `${finding.severity} ${finding.rule}`;
    const group = groups.get(name);
    if (group) group.push(finding);
    else groups.set(name, [finding]);
  }
  return severities.flatMap((severity) =>
    auditRules.flatMap((rule) => {
      const findings = groups.get(`${severity} ${rule.id}`);
      return findings ? [{ rule, severity, findings }] : [];
    }),
  );
}

/** `3 errors`, `12 warnings`, `1 info`, without those that there are none of. */
export function countsOf(found: readonly Located[]): { severity: Severity; text: string }[] {
  return severities.flatMap((severity) => {
    const number = found.filter(({ finding }) => finding.severity === severity).length;
    if (number === 0) return [];
    return [{ severity, text: severity === 'info' ? `${count(number)} info` : plural(number, severity) }];
  });
}

/** `in 214 keys of 3 profiles`; nothing found is no all-clear if something could not be checked. */
export function extentOf({ checked, profiles, findings, unchecked }: AuditOutcome): string {
  const extent = `in ${plural(checked, 'key')} of ${plural(profiles, 'profile')}`;
  return findings.length === 0 && unchecked.length > 0 ? `${extent}, as far as could be checked` : extent;
}

/** What could not be told: a line for each reason, with the rules that it stopped. */
export function uncheckedLines({ unchecked }: AuditReport): string[] {
  const byReason = new Map<
    string,
    { profile: string | null; reason: string; count: number; rules: string[] }
  >();
  for (const { rule, profile, reason, count: number } of unchecked) {
    const name = JSON.stringify([profile, reason, number]);
    const line = byReason.get(name) ?? { profile, reason, count: number, rules: [] };
    line.rules.push(rule);
    byReason.set(name, line);
  }
  return [...byReason.values()].map(({ profile, reason, count: number, rules }) => {
    const times = number > 1 ? ` (${count(number)} times)` : '';
    return `${rules.join(', ')}${profile === null ? '' : ` in ${profile}`}: ${reason}${times}`;
  });
}
