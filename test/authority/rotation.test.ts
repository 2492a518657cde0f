import { describe, expect, test } from 'vitest';
import { spec } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';
import { failureIn } from '../support/failure.ts';

const hour = 3_600_000;

/** A key with a lifetime of 30 days that is 10 days old. */
async function aged(expiresAt: Date | null = new Date('2026-12-20T12:00:00.000Z')) {
  const made = await testService();
  const ada = await made.keysOf('ada');
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
  const old = await ada.issue(whole);
  made.clock.set('2026-11-30T12:00:00.000Z');
  const works = async ({ secret }: { secret: { reveal(): string } }) =>
    (await made.service.gate.examine({ key: secret.reveal() })).allowed;
  return { ...made, ada, old, whole, works };
}

describe('the successor of a rotated key', () => {
  test('equals the old key in everything but its secret and its counters', async () => {
    const { ada, old, whole, works } = await aged();
    const next = await ada.rotate(old.id, { grace: hour });
    expect(next.id).not.toBe(old.id);
    expect(next.secret.reveal()).not.toBe(old.secret.reveal());
    const { key, owner } = await ada.get(next.id);
    expect(key).toMatchObject({ ...whole, expiresAt: '2026-12-30T12:00:00.000Z', spentUsd: 0 });
    expect([owner, key.createdAt]).toEqual(['ada', '2026-11-30T12:00:00.000Z']);
    expect([await works(old), await works(next)]).toEqual([true, true]);
  });

  test('has the lifetime of the old key, or the requested expiry', async () => {
    expect(await expiryAfter(null, undefined)).toBeNull();
    expect(await expiryAfter(new Date('2026-11-20T13:00:00.000Z'), undefined)).toBe(
      '2026-11-30T13:00:00.000Z',
    );
    expect(await expiryAfter(null, new Date('2027-01-01T00:00:00.000Z'))).toBe('2027-01-01T00:00:00.000Z');
    expect(await expiryAfter(undefined, null)).toBeNull();
  });

  test('has the owner of the old key, even if an admin rotates it', async () => {
    const { keysOf, ada, old } = await aged();
    const next = await (await keysOf('admin')).rotate(old.id, { grace: hour });
    expect((await ada.get(next.id)).owner).toBe('ada');
  });

  test('fits into a full key limit, but for one key at a time that lives out its grace period', async () => {
    const { keysOf, clock } = await testService({ maxKeys: 1 });
    const ada = await keysOf('ada');
    const next = await ada.rotate((await ada.issue(spec())).id, { grace: hour });
    expect((await ada.get(next.id)).key.status).toBe('active');
    expect(await failureIn(ada.rotate(next.id, { grace: hour }))).toMatchObject({ code: 'key_limit' });
    clock.advance(hour);
    expect((await ada.rotate(next.id, { grace: hour })).id).not.toBe(next.id);
  });

  test('of a disabled key is disabled', async () => {
    const { ada, old } = await aged();
    await ada.update(old.id, { disabled: true });
    expect((await ada.get((await ada.rotate(old.id, { grace: hour })).id)).key.status).toBe('disabled');
  });
});

/** The expiry of the new key, given the old key's expiry and the one that the rotation requests. */
async function expiryAfter(first: Date | null | undefined, expiresAt: Date | null | undefined) {
  const { ada, old } = await aged(first);
  const rotation = { grace: hour, ...(expiresAt !== undefined && { expiresAt }) };
  return (await ada.get((await ada.rotate(old.id, rotation)).id)).key.expiresAt;
}

describe('the grace period', () => {
  test('is how long the old key keeps working, to the millisecond', async () => {
    const { ada, old, works, clock } = await aged();
    await ada.rotate(old.id, { grace: hour });
    expect((await ada.get(old.id)).key.expiresAt).toBe('2026-11-30T13:00:00.000Z');
    clock.advance(hour - 1);
    expect(await works(old)).toBe(true);
    clock.advance(1);
    expect(await works(old)).toBe(false);
    expect((await ada.get(old.id)).key.status).toBe('expired');
  });

  test('never makes a key live longer than it would have', async () => {
    const { ada, old, clock } = await aged();
    await ada.rotate(old.id, { grace: 365 * 24 * hour });
    expect((await ada.get(old.id)).key.expiresAt).toBe('2026-12-20T12:00:00.000Z');
    clock.set('2026-12-20T12:00:00.000Z');
    expect((await ada.get(old.id)).key.status).toBe('expired');
  });

  test('does not bring an expired key back', async () => {
    const { ada, old, works, clock } = await aged();
    clock.set('2026-12-25T12:00:00.000Z');
    const next = await ada.rotate(old.id, { grace: hour });
    expect([await works(old), await works(next)]).toEqual([false, true]);
    expect((await ada.get(old.id)).key.expiresAt).toBe('2026-12-20T12:00:00.000Z');
  });

  test('of zero revokes the old key at once', async () => {
    const { ada, old, works } = await aged();
    const next = await ada.rotate(old.id, { grace: 0 });
    expect([await works(old), await works(next)]).toEqual([false, true]);
    expect((await ada.get(old.id)).key.status).toBe('revoked');
  });
});

describe('rotating again', () => {
  test('a key that has a successor is refused, and creates no key', async () => {
    const { ada, old } = await aged();
    const next = await ada.rotate(old.id, { grace: hour });
    expect(await failureIn(ada.rotate(old.id, { grace: hour }))).toMatchObject({
      exit: 'limit',
      code: 'key_rotated',
      message: `the key ${old.id} is already rotated; rotate its successor ${next.id}`,
      hints: [`keys show ${next.id}`],
    });
    expect(await ada.list()).toHaveLength(2);
    expect((await ada.rotate(next.id, { grace: hour })).id).toMatch(/^[0-9A-Za-z]{16}$/);
  });

  test.each([
    ['30 days', new Date('2026-12-20T12:00:00.000Z'), '2026-12-30T12:00:00.000Z'],
    ['ever', null, null],
  ])(
    'is allowed once the successor is revoked; a key created for %s stays so',
    async (_, expiresAt, expected) => {
      const { ada, old, works } = await aged(expiresAt);
      await ada.revoke((await ada.rotate(old.id, { grace: hour })).id);
      const again = await ada.rotate(old.id, { grace: hour });
      expect((await ada.get(again.id)).key.expiresAt).toBe(expected);
      expect([await works(old), await works(again)]).toEqual([true, true]);
      expect((await failureIn(ada.rotate(old.id, { grace: hour }))).code).toBe('key_rotated');
    },
  );

  test('a key that was replaced at once is refused, because it is revoked', async () => {
    const { ada, old } = await aged();
    await ada.rotate(old.id, { grace: 0 });
    expect((await failureIn(ada.rotate(old.id, { grace: 0 }))).code).toBe('key_revoked');
  });
});
