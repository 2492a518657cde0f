import { describe, expect, test } from 'vitest';
import { looksLikeSecret } from '../../../src/base/secret.ts';
import { parseDuration, spanText } from '../../../src/base/time.ts';
import { policyFrom } from '../../../src/keys/audit/audit-policy.ts';
import { account, auditOf, day, place, secretFile, soundKey } from '../../support/audited.ts';

test('a sound account has no findings, and each of its keys that is not revoked was checked', () => {
  const keys = [soundKey(), soundKey({ id: 'bbbb0002', status: 'revoked', name: 'old' })];
  expect(auditOf({ accounts: [account(keys)] })).toEqual({ findings: [], checked: 1, unchecked: [] });
});

test('a finding says which key it is about', () => {
  const at = { path: 'keys.yaml', line: 3, column: 5 };
  const { findings } = auditOf({
    accounts: [account([soundKey({ expiresAt: null })], { spotOf: () => at })],
  });
  expect(findings).toEqual([
    {
      finding: {
        ...{ rule: 'never-expires', severity: 'warning', keyId: 'aaaa0001', name: 'ci', profile: 'work' },
        message: 'ci never expires',
        fix: 'keys update aaaa0001 --expires 90d',
      },
      at,
      identity: ['work', 'aaaa0001'],
    },
  ]);
});

test('the most severe findings come first', () => {
  const keys = [soundKey({ status: 'expired' }), soundKey({ id: 'bbbb0002', name: 'b', expiresAt: null })];
  const { findings } = auditOf({
    accounts: [account(keys)],
    files: [secretFile({ openMode: '0644' })],
  });
  expect(findings.map(({ finding }) => finding.severity)).toEqual(['error', 'warning', 'info']);
});

describe('what a provider does not report', () => {
  test('is no finding, and is counted', () => {
    const bare = [1, 2].map((at) => ({ id: `k${at}`, name: `k${at}`, status: 'active' as const }));
    const { findings, checked, unchecked } = auditOf(
      { accounts: [account(bare, { hasSession: true })] },
      { maxAge: parseDuration('90d'), require: ['budget'], forbidPermission: ['admin'] },
    );
    expect(findings).toEqual([]);
    expect(checked).toBe(2);
    expect(unchecked).toEqual([
      { rule: 'forbidden-permission', profile: 'work', reason: 'permissions is not reported', count: 2 },
      { rule: 'required', profile: 'work', reason: 'budgetUsd is not reported', count: 2 },
      {
        rule: 'session-ending',
        profile: 'work',
        reason: 'the API does not tell when the session ends',
        count: 1,
      },
      { rule: 'never-expires', profile: 'work', reason: 'expiresAt is not reported', count: 2 },
      { rule: 'expires-soon', profile: 'work', reason: 'expiresAt is not reported', count: 2 },
      { rule: 'too-old', profile: 'work', reason: 'createdAt is not reported', count: 2 },
      { rule: 'unused', profile: 'work', reason: 'lastUsedAt is not reported', count: 2 },
      { rule: 'never-used', profile: 'work', reason: 'lastUsedAt is not reported', count: 2 },
    ]);
  });

  test('counts for a key by itself, if others have it', () => {
    const { lastUsedAt: _, ...unreported } = soundKey({ id: 'bbbb0002', name: 'b' });
    const { unchecked } = auditOf({ accounts: [account([soundKey(), unreported])] });
    expect(unchecked.map(({ rule, count }) => [rule, count])).toEqual([
      ['unused', 1],
      ['never-used', 1],
    ]);
  });

  test('an API without expiries is not blamed for it', () => {
    const capabilities = { ...account([]).capabilities, expiry: 'none' as const };
    const { findings, unchecked } = auditOf({
      accounts: [account([soundKey({ expiresAt: null })], { capabilities })],
    });
    expect(findings).toEqual([]);
    expect(unchecked).toMatchObject([{ rule: 'never-expires', reason: 'the API has no expiry' }]);
  });

  test('a place or file that cannot be judged is counted', () => {
    const { findings, unchecked } = auditOf({
      places: [place({ holder: undefined, reason: 'a place could not be read' })],
      files: [secretFile({ isTracked: undefined })],
    });
    expect(findings).toEqual([]);
    expect(unchecked.map(({ rule, reason }) => [rule, reason])).toEqual([
      ['dead-value', 'a place could not be read'],
      ['tracked-by-git', 'git could not tell'],
    ]);
  });
});

describe('a policy', () => {
  test('takes each field from the first source that has it', () => {
    const policy = policyFrom(
      { maxAge: parseDuration('1d') },
      { maxAge: parseDuration('2d'), require: ['expiry'] },
    );
    expect(policy).toMatchObject({ maxAge: parseDuration('1d'), require: ['expiry'] });
  });

  test('refuses a requirement that there is not', () => {
    expect(() => policyFrom({ require: ['expiri'] })).toThrow(/'expiri' is not one of .*did you mean expiry/);
  });

  test('that requires an expiry turns the finding into an error, once', () => {
    const audited = { accounts: [account([soundKey({ expiresAt: null })])] };
    const { findings } = auditOf(audited, { require: ['expiry'] });
    expect(findings.map(({ finding }) => [finding.rule, finding.severity])).toEqual([['required', 'error']]);
  });

  test('--unused decides from when on a key that was never used is a finding', () => {
    const audited = { accounts: [account([soundKey({ lastUsedAt: null, createdAt: day(-10) })])] };
    expect(auditOf(audited).findings).toEqual([]);
    expect(auditOf(audited, { unused: parseDuration('7d') }).findings).toHaveLength(1);
  });
});

describe('a command that fixes a finding', () => {
  const fixOf = (fields: Parameters<typeof soundKey>[0]) =>
    auditOf({ accounts: [account([soundKey({ expiresAt: null, ...fields })], { flags: '--profile work' })] })
      .findings[0]?.finding.fix;

  test.each([
    ['a quote', "a'b", "keys update 'a'\\''b' --expires 90d --profile work"],
    ['a command', '$(rm -rf ~);`x`', "keys update '$(rm -rf ~);`x`' --expires 90d --profile work"],
    ['a hyphen', '-rf', 'keys update --expires 90d --profile work -- -rf'],
    ['a space', 'a b', "keys update 'a b' --expires 90d --profile work"],
  ])('quotes an id with %s', (_, id, fix) => {
    expect(fixOf({ id })).toBe(fix);
  });

  test.each([
    ['an escape sequence', '\x1b[2J'],
    ['a line break', 'a\nb'],
    ['a bidirectional override', 'a\u202eb'],
    ['a bar', 'a|b'],
    ['nothing', ''],
    ['a secret', 'sk-a1b2c3d4e5f6g7h8i9j01EXAMPLE'],
    ['a thousand characters', 'x'.repeat(1000)],
  ])('does not repeat an id of %s', (_, id) => {
    const fix = fixOf({ id });
    expect(fix).toBe('keys list --json id,name --profile work');
    expect(looksLikeSecret(String(fix))).toBe(false);
  });
});

test('names are harmless in messages, and cut', () => {
  const name = `\x1b[31mred\u202e${'x'.repeat(10_000)}`;
  const { findings } = auditOf({ accounts: [account([soundKey({ name, expiresAt: null })])] });
  expect(findings[0]?.finding.message).toMatch(/^\\x1b\[31mred\\u202ex+… never expires$/);
  expect(findings[0]?.finding.message.length).toBeLessThan(150);
});

test('10,000 keys of one name and of names of their own are each looked at once', () => {
  let reads = 0;
  const counted = (fields: Parameters<typeof soundKey>[0]) => {
    const one = soundKey(fields);
    const { permissions } = one;
    return Object.defineProperty(one, 'permissions', {
      enumerable: true,
      get() {
        reads += 1;
        return permissions;
      },
    });
  };
  const keys = Array.from({ length: 10_000 }, (_, at) =>
    counted({ id: `key${at}`, name: at % 2 === 0 ? 'same' : `own-${at}`, createdAt: day(-at / 1000) }),
  );
  const one = { ...account([]), keys };
  const { checked } = auditOf({ accounts: [one] }, { forbidPermission: ['admin'] });
  expect(checked).toBe(10_000);
  expect(reads).toBeLessThan(10_000 * 10);
});

test.each([
  ['90d', '90d'],
  ['12w', '84d'],
  ['36h', '36h'],
  ['6mo', '6mo'],
  ['24mo', '2y'],
  ['90min', '90min'],
  ['45s', '45s'],
  ['0', '0d'],
])('the span %s is written as %s', (text, written) => {
  expect(spanText(parseDuration(text))).toBe(written);
});
