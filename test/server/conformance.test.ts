import { describe, expect, test } from 'vitest';
import type { KeyField } from '../../src/keys/key.ts';
import { spec, use } from '../support/authority.ts';
import { createKey } from '../support/create-key.ts';
import { failureIn } from '../support/failure.ts';
import { rotateKey } from '../support/rotate-key.ts';
import { cases, in90Days, start } from './conforming.ts';

/* Every provider whose API the server speaks, over real HTTP against the real server. */

/** Fields that are not in an answer: some follow from the others, and profiles belong to the caller. */
const derived: readonly KeyField[] = ['status', 'superseded', 'provider', 'profile'];

describe.each(cases.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  const { provider, asked, changes } = one;

  test('has no key at first', async () => {
    const { backend } = await start(one);
    expect(await backend.list()).toEqual([]);
    expect(await backend.get('3kTMd8Zx0QpLw7Vn')).toBeUndefined();
  });

  test('creates a key with every supported field, and shows it', async () => {
    const { backend, works } = await start(one);
    expect(Object.keys(asked).sort()).toEqual([...backend.capabilities.createFields].sort());
    const { key, secret } = await createKey(backend, spec(asked));
    const expiresAt = asked.expiresAt?.toISOString();
    expect(key).toMatchObject({ ...asked, status: 'active', ...(expiresAt && { expiresAt }) });
    const name = backend.capabilities.reports.includes('name') ? {} : { name: 'api-key' };
    // Some APIs return the whole secret as the prefix of a new key, and mask it later.
    const { prefix, ...same } = { ...key, ...name };
    expect(await backend.list()).toMatchObject([provider.key.usage ? { id: key.id } : same]);
    expect(await backend.get(key.id)).toMatchObject(same);
    expect(prefix ?? '').not.toContain(secret.reveal());
    expect(await works(secret)).toBe(true);
  });

  test('reports every field that it declares', async () => {
    const { backend, idOf, service } = await start(one);
    const { key } = await createKey(backend, spec(asked));
    await service.gate.record([use({ keyId: await idOf(key.id), tokens: 5, costUsd: 0.5, ip: '10.0.0.1' })]);
    const shown = await backend.get(key.id);
    const reported = backend.capabilities.reports.filter((field) => !derived.includes(field));
    expect(reported.length).toBeGreaterThan(2);
    for (const field of reported) expect(shown?.[field], field).toBeTruthy();
    if (provider.key.usage) expect(shown?.usage).toEqual({ requests: 1, tokens: 5 });
  });

  test('revokes a key immediately, and only once', async () => {
    const { backend, works } = await start(one);
    const { key, secret } = await createKey(backend, spec(asked));
    expect(await backend.revoke(key.id)).toBe(true);
    expect(await works(secret)).toBe(false);
    expect(await backend.revoke(key.id)).toBe(false);
    const left = await backend.list();
    expect(left.filter(({ status }) => status !== 'revoked')).toEqual([]);
    expect((await backend.get(key.id))?.status ?? 'revoked').toBe('revoked');
  });

  test('accepts only session tokens', async () => {
    const { backend, remote } = await start(one);
    const { secret } = await backend.create(spec(asked));
    for (const token of ['tok-EXAMPLE', secret.reveal()]) {
      const failure = { exit: 'auth', code: 'not_logged_in', httpStatus: 401 };
      expect(await failureIn(remote(token).backend.list())).toMatchObject(failure);
    }
  });

  if (provider.capabilities.maxKeys === null) {
    test('lists all of 300 keys', async () => {
      const { backend, keysOf } = await start(one);
      for (let at = 0; at < 300; at++) await (await keysOf()).issue(spec({ name: `bot ${at}` }));
      const names = (await backend.list()).map(({ name }) => name);
      expect(names.sort()).toEqual(Array.from({ length: 300 }, (_, at) => `bot ${at}`).sort());
    });

    test('reports that the key limit is reached', async () => {
      const { backend } = await start(one, { maxKeys: 1 });
      await backend.create(spec(asked));
      const failure = { exit: 'limit', code: 'key_limit' };
      expect(await failureIn(backend.create(spec(asked)))).toMatchObject(failure);
    });
  } else {
    test('reports that a key exists, which keeps working', async () => {
      const { backend, works } = await start(one);
      const { secret } = await backend.create(spec(asked));
      expect(await failureIn(backend.create(spec(asked)))).toMatchObject({ exit: 'limit', httpStatus: 409 });
      expect(await works(secret)).toBe(true);
    });
  }

  if (changes) {
    test('changes every field that can be changed', async () => {
      const { backend } = await start(one);
      expect(Object.keys(changes).sort()).toEqual([...backend.capabilities.updateFields].sort());
      const { key } = await createKey(backend, spec(asked));
      const { labels = {}, ...expected } = changes;
      const changed = await backend.update(key.id, changes);
      expect(changed).toMatchObject(expected);
      if (provider.key.labels) expect(changed.labels).toEqual({ stage: labels.stage });
      expect(await backend.get(key.id)).toEqual(changed);
      expect(await failureIn(backend.update('nobody', changes))).toMatchObject({ exit: 'notFound' });
    });
  }

  if (provider.disable) {
    test('disables a key, and enables it again', async () => {
      const { backend, works } = await start(one);
      const { key, secret } = await createKey(backend, spec(asked));
      expect((await backend.update(key.id, { disabled: true })).status).toBe('disabled');
      expect(await works(secret)).toBe(false);
      expect((await backend.update(key.id, { disabled: false })).status).toBe('active');
      expect(await works(secret)).toBe(true);
    });
  }

  if (provider.rotate) {
    test('rotates a key; the old one stays only if the API supports overlap', async () => {
      const { backend, works } = await start(one);
      const old = await createKey(backend, spec(asked));
      const next = await rotateKey(
        backend,
        old.key,
        provider.capabilities.expiry === 'any' ? in90Days : null,
      );
      expect(next.key).toMatchObject({ name: 'deploy', status: 'active' });
      expect(next.key.id).not.toBe(old.key.id);
      const overlaps = provider.capabilities.overlap === 'server';
      expect([await works(old.secret), await works(next.secret)]).toEqual([overlaps, true]);
      await backend.revoke(next.key.id);
      await backend.revoke(old.key.id);
      const failure = await failureIn(rotateKey(backend, next.key, null));
      expect(failure).toMatchObject(overlaps ? { code: 'conflict' } : { exit: 'notFound' });
    });
  }
});
