import { describe, expect, test } from 'vitest';
import type { Decision } from '../../src/authority/decision.ts';
import type { KeyChanges } from '../../src/keys/ports.ts';
import type { TestAuthority } from '../support/authority.ts';
import { issue, recordUse, use } from '../support/authority.ts';

const expiry = '2026-11-20T13:00:00.000Z';

describe('the first rule that refuses wins', () => {
  type Offence = [code: string, cause: (parts: TestAuthority, id: string) => Promise<unknown>];
  const change =
    (changes: KeyChanges) =>
    ({ authority }: TestAuthority, id: string) =>
      authority.update(id, changes);

  // From the last rule to the first: each violation adds to all before it.
  const offences: Offence[] = [
    ['RATE_LIMITED', change({ rateLimitRpm: 1 })],
    ['ORGANISATION_BUDGET_EXCEEDED', ({ gate }, id) => recordUse(gate, use({ keyId: id, costUsd: 10 }))],
    ['BUDGET_EXCEEDED', change({ budgetUsd: 1 })],
    ['PERMISSION_DENIED', change({ permissions: ['read'] })],
    ['MODEL_NOT_ALLOWED', change({ models: ['small'] })],
    ['EXPIRED_API_KEY', change({ expiresAt: new Date('2026-11-20T11:00:00Z') })],
    ['DISABLED_API_KEY', change({ disabled: true })],
    ['INVALID_API_KEY', ({ authority }, id) => authority.revoke(id)],
  ];

  function codeOf(decision: Decision): string {
    return decision.allowed ? 'allowed' : decision.code;
  }

  test('for several violations at once, in the order of the rules', async () => {
    const { key, ask, ...parts } = await issue({ permissions: ['write'] }, { monthlyBudgetUsd: 5 });
    const request = { model: 'large', permission: 'write' };
    const seen: string[] = [];
    for (const [, cause] of offences) {
      await cause(parts, key.id);
      if (seen.length === 0) await ask(request);
      seen.push(codeOf(await ask(request)));
    }
    expect(seen).toEqual(offences.map(([code]) => code));
  });

  test("the organisation's models come before the key's, and an expired key before either", async () => {
    const { clock, ask } = await issue(
      { models: ['small'], expiresAt: new Date(expiry) },
      { models: ['small'] },
    );
    expect(codeOf(await ask({ model: 'large' }))).toBe('MODEL_NOT_ENTITLED');
    clock.set(expiry);
    expect(codeOf(await ask({ model: 'large' }))).toBe('EXPIRED_API_KEY');
  });
});
