import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqliteAuthority } from '../../src/authority/sqlite/sqlite-authority.ts';
import { spec, testAuthority } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import { filesBelow } from '../support/sandbox.ts';
import { fileTest } from '../support/stores.ts';

const whole = spec({
  name: 'deploy',
  description: 'the release train',
  expiresAt: new Date('2027-02-18T12:00:00.000Z'),
  permissions: ['read', 'write'],
  rateLimitRpm: 60,
  budgetUsd: 9.5,
  models: ['small'],
  labels: { team: 'web' },
});

describe('a new key', () => {
  test('is as requested, and is listed the same way', async () => {
    const { authority } = await testAuthority();
    const { key, secret } = await authority.create(whole);
    expect(key).toEqual({
      ...whole,
      id: key.id,
      status: 'active',
      prefix: `sk_${key.id}`,
      createdAt: '2026-11-20T12:00:00.000Z',
      expiresAt: '2027-02-18T12:00:00.000Z',
      lastUsedAt: null,
      lastUsedIp: null,
      spentUsd: 0,
      usage: { requests: 0, tokens: 0 },
    });
    expect(await authority.list()).toEqual([key]);
    expect(secret.reveal().startsWith(`sk_${key.id}_`)).toBe(true);
  });

  fileTest('leaves nothing of its secret in the files', async () => {
    const { authority, path } = await testAuthority();
    const { secret } = await authority.create(whole);
    const [, , part = ''] = secret.reveal().split('_');
    expect(part).toHaveLength(43);
    for (const file of filesBelow(dirname(path))) expect(readFileSync(file, 'latin1')).not.toContain(part);
  });

  test('may have the name of another key, and precedes it in the list', async () => {
    const { authority, clock } = await testAuthority();
    const older = await authority.create(whole);
    clock.advance(1);
    const newer = await authority.create(whole);
    expect((await authority.list()).map(({ id }) => id)).toEqual([newer.key.id, older.key.id]);
  });

  fileTest('is available to the next process', async () => {
    const { authority, clock, path } = await testAuthority();
    const { key } = await authority.create(whole);
    await authority.close();
    const next = openSqliteAuthority({ path, timeoutMs: 1000 }, clock.now);
    expect(await next.list()).toEqual([key]);
    await next.close();
  });
});

describe('an update', () => {
  test('changes only the given fields', async () => {
    const { authority } = await testAuthority();
    const { key } = await authority.create(whole);
    expect(await authority.update(key.id, { name: 'ship', budgetUsd: 0.000001 })).toEqual({
      ...key,
      name: 'ship',
      budgetUsd: 0.000001,
    });
    expect(await authority.update(key.id, {})).toMatchObject({ name: 'ship', models: ['small'] });
  });

  test('removes a limit with null, and a list with an empty one', async () => {
    const { authority } = await testAuthority();
    const { key } = await authority.create(whole);
    const none = {
      description: null,
      expiresAt: null,
      rateLimitRpm: null,
      budgetUsd: null,
      models: [],
      permissions: [],
    };
    expect(await authority.update(key.id, none)).toEqual({ ...key, ...none });
  });

  test('adds labels, changes them, and removes those set to null', async () => {
    const { authority } = await testAuthority();
    const { key } = await authority.create(spec({ labels: { team: 'web', stage: 'test', old: '1' } }));
    const { labels } = await authority.update(key.id, { labels: { stage: 'live', old: null, city: 'Köln' } });
    expect(labels).toEqual({ team: 'web', stage: 'live', city: 'Köln' });
  });

  test('disables a key, and enables it again', async () => {
    const { authority } = await testAuthority();
    const { key } = await authority.create(whole);
    expect((await authority.update(key.id, { disabled: true })).status).toBe('disabled');
    expect((await authority.update(key.id, { disabled: false })).status).toBe('active');
  });

  test.each([
    ['deploy', 'keys create deploy'],
    ['the bot; rm -rf', "keys create 'the bot; rm -rf'"],
  ])('of the revoked key %j is refused: that is final', async (name, hint) => {
    const { authority } = await testAuthority();
    const { key } = await authority.create(spec({ name }));
    await authority.revoke(key.id);
    expect(await failureIn(authority.update(key.id, { disabled: false }))).toMatchObject({
      exit: 'limit',
      code: 'key_revoked',
      hints: [hint],
    });
  });
});

test('revoking a key is final; revoking it again changes nothing and is not an error', async () => {
  const { authority } = await testAuthority();
  const { key } = await authority.create(whole);
  expect(await authority.revoke(key.id)).toBe(true);
  expect(await authority.revoke(key.id)).toBe(false);
  expect((await authority.list())[0]).toEqual({ ...key, status: 'revoked' });
});

test('a key that does not exist can be neither updated nor revoked', async () => {
  const { authority } = await testAuthority();
  const missing = { exit: 'notFound', code: 'no_such_key', message: "no key has the id 'nobody'" };
  expect(await failureIn(authority.update('nobody', { name: 'x' }))).toMatchObject(missing);
  expect(await failureIn(authority.revoke('nobody'))).toMatchObject(missing);
});

test('the status of a key follows the clock', async () => {
  const { authority, clock } = await testAuthority();
  await authority.create(whole);
  const seen: (string | undefined)[] = [];
  for (const time of ['2027-01-19T11:59:59.999Z', '2027-01-19T12:00:00.000Z', '2027-02-18T12:00:00.000Z']) {
    clock.set(time);
    seen.push((await authority.list())[0]?.status);
  }
  expect(seen).toEqual(['active', 'expiring', 'expired']);
});
