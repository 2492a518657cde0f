import type { Audited } from '../../src/keys/audit/audit.ts';
import { audit } from '../../src/keys/audit/audit.ts';
import { policyFrom } from '../../src/keys/audit/audit-policy.ts';
import type { Account, Place, SecretFile } from '../../src/keys/audit/audit-rule.ts';
import type { AuditReport } from '../../src/keys/audit/finding.ts';
import { keyInputs, withSuperseded } from '../../src/keys/key.ts';
import type { AuditPolicy } from '../../src/keys/plan/desired-key.ts';
import { key } from './key.ts';

export const auditTime = new Date('2026-11-20T12:00:00Z');

/** So many days from the time of the audit. */
export function day(offset: number): string {
  return new Date(auditTime.getTime() + offset * 86_400_000).toISOString();
}

/** A key that no rule finds anything wrong with. */
export function soundKey(fields: Parameters<typeof key>[0] = {}) {
  return key({
    ...{ createdAt: day(-10), expiresAt: day(80), lastUsedAt: day(-1), superseded: false },
    ...{
      permissions: ['read'],
      budgetUsd: null,
      rateLimitRpm: null,
      description: null,
      models: [],
      labels: {},
    },
    ...fields,
  });
}

/** The account of these keys, which lists them as an API does. */
export function account(keys: Account['keys'], fields: Partial<Account> = {}): Account {
  return {
    profile: 'work',
    flags: '',
    capabilities: {
      ...{ expiry: 'any', updateFields: keyInputs, createFields: keyInputs, revoke: true, disable: true },
    },
    permissions: ['read', 'write', 'admin'],
    keys: withSuperseded(keys),
    hasSession: false,
    sinksOf: () => [],
    spotOf: () => undefined,
    ...fields,
  };
}

export function place(fields: Partial<Place> = {}): Place {
  return {
    ...{ profile: 'work', flags: '', sink: 'env:.env#API_KEY', name: 'ci', isNameInUse: true },
    holder: soundKey(),
    ...fields,
  };
}

export function secretFile(fields: Partial<SecretFile> = {}): SecretFile {
  return {
    ...{
      profile: 'work',
      path: '/app/.env',
      content: 'the secret of ci',
      openMode: undefined,
      isTracked: false,
    },
    ...fields,
  };
}

export function auditOf(audited: Partial<Audited>, policy: AuditPolicy = {}): AuditReport {
  const nothing = { accounts: [], unreachable: [], operations: [], places: [], files: [] };
  return audit({ ...nothing, ...audited }, policyFrom(policy), auditTime);
}
