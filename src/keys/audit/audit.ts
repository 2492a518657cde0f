import type { Key } from '../key.ts';
import type { Policy } from './audit-policy.ts';
import type {
  Account,
  AccountRule,
  Answer,
  AuditRule,
  KeyRule,
  Place,
  SecretFile,
  UnfinishedOperation,
  Unreachable,
} from './audit-rule.ts';
import { auditRules } from './audit-rules.ts';
import type { AuditReport, Located, Spot, Unchecked } from './finding.ts';
import { severities } from './finding.ts';
import { isInService } from './key-label.ts';

/** Everything that an audit looks at. */
export interface Audited {
  accounts: readonly Account[];
  unreachable: readonly Unreachable[];
  operations: readonly UnfinishedOperation[];
  places: readonly Place[];
  files: readonly SecretFile[];
}

/** What a finding is about. */
interface Subject {
  profile: string | null;
  key?: Key;
  name?: string;
  at?: Spot | undefined;
  identity: readonly string[];
}

/** Applies every rule. What a rule cannot tell is counted, and never taken for being in order. */
export function audit(audited: Audited, policy: Policy, now: Date): AuditReport {
  const sheet = new Sheet();
  for (const rule of auditRules) apply(rule, audited, policy, now, sheet);
  return {
    findings: sheet.findings.sort(bySeverity),
    checked: audited.accounts.reduce((sum, { keys }) => sum + keys.filter(isListed).length, 0),
    unchecked: [...sheet.unchecked.values()],
  };
}

function isListed({ status }: Key): boolean {
  return status !== 'revoked';
}

function bySeverity(a: Located, b: Located): number {
  return severities.indexOf(a.finding.severity) - severities.indexOf(b.finding.severity);
}

function apply(rule: AuditRule, audited: Audited, policy: Policy, now: Date, sheet: Sheet): void {
  const each = <Part>(
    parts: readonly Part[],
    check: (part: Part) => Iterable<Answer>,
    subject: (part: Part) => Subject,
  ) => {
    for (const part of parts) sheet.addAll(rule, check(part), subject(part));
  };
  switch (rule.on) {
    case 'key':
      for (const account of audited.accounts) applyToKeys(rule, account, policy, now, sheet);
      return;
    case 'account':
      for (const account of audited.accounts) applyToAccount(rule, account, policy, now, sheet);
      return;
    case 'profile':
      each(
        audited.unreachable,
        (one) => rule.check(one, policy, now),
        ({ profile }) => ({ profile, identity: [profile] }),
      );
      return;
    case 'operation':
      each(
        audited.operations,
        (one) => rule.check(one, policy, now),
        (one) =>
          one.id === null
            ? { profile: null, identity: [one.fault] }
            : { profile: one.profile, name: one.name, identity: [one.id] },
      );
      return;
    case 'place':
      each(
        audited.places,
        (one) => rule.check(one, policy, now),
        ({ profile, name, spot, sink }) => ({ profile, name, at: spot, identity: [profile, sink] }),
      );
      return;
    case 'file':
      each(
        audited.files,
        (one) => rule.check(one, policy, now),
        ({ profile, path }) => ({ profile, at: { path }, identity: [path] }),
      );
      return;
  }
}

function applyToAccount(rule: AccountRule, account: Account, policy: Policy, now: Date, sheet: Sheet): void {
  const { profile } = account;
  for (const answer of rule.check(account, policy, now)) {
    const key = 'key' in answer ? answer.key : undefined;
    sheet.add(rule, answer, key ? subjectOf(key, account) : { profile, identity: [profile] });
  }
}

function applyToKeys(rule: KeyRule, account: Account, policy: Policy, now: Date, sheet: Sheet): void {
  const { appliesTo = isInService, needs = [] } = rule;
  for (const key of account.keys) {
    if (!appliesTo(key)) continue;
    const missingField = needs.find((field) => key[field] === undefined);
    if (missingField !== undefined)
      sheet.addUnknown(rule, account.profile, `${missingField} is not reported`);
    else sheet.addAll(rule, rule.check(key, account, policy, now), subjectOf(key, account));
  }
}

function subjectOf(key: Key, account: Account): Subject {
  return {
    profile: account.profile,
    key,
    at: account.spotOf(key.name),
    identity: [account.profile, key.id === '' ? key.name : key.id],
  };
}

/** What is found, and what cannot be told. */
class Sheet {
  readonly findings: Located[] = [];
  readonly unchecked = new Map<string, Unchecked>();

  addAll(rule: AuditRule, answers: Iterable<Answer>, subject: Subject): void {
    for (const answer of answers) this.add(rule, answer, subject);
  }

  add(rule: AuditRule, answer: Answer, { profile, key, name, at, identity }: Subject): void {
    if ('unknown' in answer) {
      this.addUnknown(rule, profile, answer.unknown);
      return;
    }
    const { message, fix, severity = rule.severity } = answer;
    const about = answer.key ?? key;
    this.findings.push({
      finding: {
        rule: rule.id,
        severity,
        keyId: about?.id || null,
        name: about?.name ?? name ?? null,
        profile,
        message,
        fix,
      },
      ...(at && { at }),
      identity,
    });
  }

  addUnknown({ id: rule }: AuditRule, profile: string | null, reason: string): void {
    const place = JSON.stringify([rule, profile, reason]);
    const unchecked = this.unchecked.get(place) ?? { rule, profile, reason, count: 0 };
    unchecked.count += 1;
    this.unchecked.set(place, unchecked);
  }
}
