import { relative, resolve } from 'node:path';
import { auditRules } from '../../keys/audit/audit-rules.ts';
import type { Located } from '../../keys/audit/finding.ts';
import { code, markdownPage, markdownTable } from '../markdown-report.ts';
import { pathOfSubject, sarif } from '../sarif.ts';
import type { AuditOutcome } from './audit-groups.ts';
import { countsOf, extentOf, groupsOf, uncheckedLines } from './audit-groups.ts';
import { count } from './key-values.ts';

/** As SARIF. A finding that is in no file is at a path of its profile and key. */
export function auditSarif(
  outcome: AuditOutcome,
  { version, cwd }: { version: string; cwd: string },
): Promise<string> {
  return sarif({
    version,
    category: 'keys-audit',
    rules: auditRules.map(({ id, title, why, severity }) => ({ id, title, help: why, severity })),
    findings: outcome.findings.map((located) => {
      const { rule, severity, message, keyId, name, profile, fix } = located.finding;
      const subject = [profile, name ?? keyId].filter((part) => part !== null).join('/');
      return {
        rule,
        severity,
        message: `${message}; to fix it: ${fix}`,
        place: placeOf(located, cwd),
        ...(subject !== '' && { subject }),
        identity: located.identity,
        properties: { keyId, name, profile, fix },
      };
    }),
    unchecked: uncheckedLines(outcome).map((line) => `not checked: ${line}`),
  });
}

/** Files below the working folder, which is taken for the root of the repository, by their relative path. */
function placeOf({ at, finding: { profile, name, keyId } }: Located, cwd: string) {
  if (at) {
    const path = resolve(cwd, at.path);
    const relativePath = relative(cwd, path);
    return { ...at, path: /^\.\.(?:[\\/]|$)/.test(relativePath) ? path : relativePath };
  }
  const subject = name || keyId;
  return { path: pathOfSubject('keys', profile ?? 'journal', ...(subject ? [subject] : [])) };
}

/** Rows of a rule: an issue takes 65,536 characters. */
const maxRows = 20;

/** A report to paste into an issue. */
export function auditMarkdown(outcome: AuditOutcome): string {
  const counts = countsOf(outcome.findings).map(({ text }) => text);
  const unchecked = uncheckedLines(outcome);
  const sections = groupsOf(outcome.findings).flatMap(({ rule, severity, findings }) => {
    const rows = findings
      .slice(0, maxRows)
      .map(({ name, keyId, profile, message, fix }) => [
        code(name ?? ''),
        code(keyId ?? ''),
        code(profile ?? ''),
        code(message),
        code(fix),
      ]);
    const more = findings.length - rows.length;
    return [
      `### ${severity}: ${rule.title} (${count(findings.length)})`,
      rule.why,
      markdownTable({ head: ['Key', 'Id', 'Profile', 'Finding', 'Fix'], rows }),
      ...(more > 0 ? [`… and ${count(more)} more`] : []),
    ];
  });
  return markdownPage([
    '## Audit of API keys',
    `${counts.length > 0 ? counts.join(', ') : 'Nothing found'} ${extentOf(outcome)}`,
    ...sections,
    ...(unchecked.length > 0
      ? ['### Not checked', unchecked.map((line) => `- ${code(line)}\n`).join('')]
      : []),
  ]);
}
