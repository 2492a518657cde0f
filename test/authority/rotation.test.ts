import { describe, expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureOf } from '../support/failure.ts';

const hour = 3_600_000;

/** A key with a lifetime of 30 days that is 10 days old. */
function aged(expiresAt: Date | null = new Date('2026-12-20T12:00:00.000Z')) {
  const made = testService();
  const ada = made.keysOf('ada');
  const whole = spec({
    name: 'deploy',
    description: 'the release train',
    expiresAt,
    permissions: ['read', 'write'],
    rateLimitRpm: 60,
    budgetUsd: 9.5,
    models: ['small'],
    labels: { team: 'web' },
  });
  const old = ada.issue(whole);
  made.clock.set('2026-11-30T12:00:00.000Z');
  const works = ({ secret }: { secret: { reveal(): string } }) =>
    made.service.examine({ key: secret.reveal() }).allowed;
  return { ...made, ada, old, whole, works };
}

describe('the successor of a rotated key', () => {
  test('equals the old key in everything but its secret and its counters', () => {
    const { ada, old, whole, works } = aged();
    const next = ada.rotate(old.id, { grace: hour });
    expect(next.id).not.toBe(old.id);
    expect(next.secret.reveal()).not.toBe(old.secret.reveal());
    const { key, owner } = ada.get(next.id);
    expect(key).toMatchObject({ ...whole, expiresAt: '2026-12-30T12:00:00.000Z', spentUsd: 0 });
    expect([owner, key.createdAt]).toEqual(['ada', '2026-11-30T12:00:00.000Z']);
    expect([works(old), works(next)]).toEqual([true, true]);
  });

  test('has the lifetime of the old key, or the requested expiry', () => {
    expect(expiryAfter(null, undefined)).toBeNull();
    expect(expiryAfter(new Date('2026-11-20T13:00:00.000Z'), undefined)).toBe('2026-11-30T13:00:00.000Z');
    expect(expiryAfter(null, new Date('2027-01-01T00:00:00.000Z'))).toBe('2027-01-01T00:00:00.000Z');
    expect(expiryAfter(undefined, null)).toBeNull();
  });

  test('has the owner of the old key, even if an admin rotates it', () => {
    const { keysOf, ada, old } = aged();
    const next = keysOf('admin').rotate(old.id, { grace: hour });
    expect(ada.get(next.id).owner).toBe('ada');
  });

  test('fits into a full key limit, but for one key at a time that lives out its grace period', () => {
    const { keysOf, clock } = testService({ maxKeys: 1 });
    const ada = keysOf('ada');
    const next = ada.rotate(ada.issue(spec()).id, { grace: hour });
    expect(ada.get(next.id).key.status).toBe('active');
    expect(failureOf(() => ada.rotate(next.id, { grace: hour }))).toMatchObject({ code: 'key_limit' });
    clock.advance(hour);
    expect(ada.rotate(next.id, { grace: hour }).id).not.toBe(next.id);
  });

  test('of a disabled key is disabled', () => {
    const { ada, old } = aged();
    ada.update(old.id, { disabled: true });
    expect(ada.get(ada.rotate(old.id, { grace: hour }).id).key.status).toBe('disabled');
  });
});

/** The expiry of the new key, given the old key's expiry and the one that the rotation requests. */
function expiryAfter(first: Date | null | undefined, expiresAt: Date | null | undefined) {
  const { ada, old } = aged(first);
  const rotation = { grace: hour, ...(expiresAt !== undefined && { expiresAt }) };
  return ada.get(ada.rotate(old.id, rotation).id).key.expiresAt;
}

describe('the grace period', () => {
  test('is how long the old key keeps working, to the millisecond', () => {
    const { ada, old, works, clock } = aged();
    ada.rotate(old.id, { grace: hour });
    expect(ada.get(old.id).key.expiresAt).toBe('2026-11-30T13:00:00.000Z');
    clock.advance(hour - 1);
    expect(works(old)).toBe(true);
    clock.advance(1);
    expect(works(old)).toBe(false);
    expect(ada.get(old.id).key.status).toBe('expired');
  });

  test('never makes a key live longer than it would have', () => {
    const { ada, old, clock } = aged();
    ada.rotate(old.id, { grace: 365 * 24 * hour });
    expect(ada.get(old.id).key.expiresAt).toBe('2026-12-20T12:00:00.000Z');
    clock.set('2026-12-20T12:00:00.000Z');
    expect(ada.get(old.id).key.status).toBe('expired');
  });

  test('does not bring an expired key back', () => {
    const { ada, old, works, clock } = aged();
    clock.set('2026-12-25T12:00:00.000Z');
    const next = ada.rotate(old.id, { grace: hour });
    expect([works(old), works(next)]).toEqual([false, true]);
    expect(ada.get(old.id).key.expiresAt).toBe('2026-12-20T12:00:00.000Z');
  });

  test('of zero revokes the old key at once', () => {
    const { ada, old, works } = aged();
    const next = ada.rotate(old.id, { grace: 0 });
    expect([works(old), works(next)]).toEqual([false, true]);
    expect(ada.get(old.id).key.status).toBe('revoked');
  });
});

describe('rotating again', () => {
  test('a key that has a successor is refused, and creates no key', () => {
    const { ada, old } = aged();
    const next = ada.rotate(old.id, { grace: hour });
    expect(failureOf(() => ada.rotate(old.id, { grace: hour }))).toMatchObject({
      exit: 'limit',
      code: 'key_rotated',
      message: `the key ${old.id} is already rotated; rotate its successor ${next.id}`,
      hints: [`keys show ${next.id}`],
    });
    expect(ada.list()).toHaveLength(2);
    expect(ada.rotate(next.id, { grace: hour }).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });

  test.each([
    ['30 days', new Date('2026-12-20T12:00:00.000Z'), '2026-12-30T12:00:00.000Z'],
    ['ever', null, null],
  ])('is allowed once the successor is revoked; a key created for %s stays so', (_, expiresAt, expected) => {
    const { ada, old, works } = aged(expiresAt);
    ada.revoke(ada.rotate(old.id, { grace: hour }).id);
    const again = ada.rotate(old.id, { grace: hour });
    expect(ada.get(again.id).key.expiresAt).toBe(expected);
    expect([works(old), works(again)]).toEqual([true, true]);
    expect(failureOf(() => ada.rotate(old.id, { grace: hour })).code).toBe('key_rotated');
  });

  test('a key that was replaced at once is refused, because it is revoked', () => {
    const { ada, old } = aged();
    ada.rotate(old.id, { grace: 0 });
    expect(failureOf(() => ada.rotate(old.id, { grace: 0 })).code).toBe('key_revoked');
  });
});
