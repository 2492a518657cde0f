import { expect, test } from 'vitest';
import type { Authority } from '../../../src/authority/authority.ts';
import { capabilities } from '../../../src/authority/capabilities.ts';
import type { Key } from '../../../src/keys/key.ts';
import { applyName } from '../../../src/keys/plan/apply-name.ts';
import type { KeyBackend } from '../../../src/keys/ports.ts';
import { liveKeys, Places, processIn } from '../../support/apply-world.ts';
import { spec, testAuthority } from '../../support/authority.ts';
import { desired, lifetime, span } from '../../support/plan-world.ts';

const dayMs = 86_400_000;

/** An API whose own rotation makes a new key with all settings of the old one. */
function rotatingByItself(authority: Authority): KeyBackend {
  const rotateInPlace: KeyBackend['rotateInPlace'] = async ({ id }, { expiresAt }) => {
    const old = await authority.get(id);
    if (!old) throw new Error('no such key');
    const { name, description = null, permissions = [], models = [], labels = {} } = old;
    return authority.create({
      ...{ name, description, permissions, models, labels },
      rateLimitRpm: old.rateLimitRpm ?? null,
      budgetUsd: old.budgetUsd ?? null,
      expiresAt: expiresAt ?? null,
    });
  };
  return new Proxy(authority as KeyBackend, {
    get(target, field) {
      if (field === 'capabilities') return { ...capabilities, overlap: 'server' };
      if (field === 'rotateInPlace') return rotateInPlace;
      const value = Reflect.get(target, field);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

test('a key that its API rotates by itself has the fields of the file after one run', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  const backend = rotatingByItself(authority);
  const run = (fields: object) =>
    applyName(processIn({ authority, backend, places, now: clock.now }), desired(fields));
  await run({ budgetUsd: 5 });
  clock.advance(10 * dayMs);
  const rules = { budgetUsd: 9, expires: lifetime('90d'), rotate: { olderThan: span('5d') } };
  const { newKeyId } = await run(rules);
  const current = await authority.get(newKeyId ?? '');
  expect(current).toMatchObject({ budgetUsd: 9, status: 'active' });
  expect(places.values.get('file:/job/ci')?.reveal()).toContain(newKeyId);
  expect((await run(rules)).plan.main.action).toBe('none');
});

test('a new key has the fields of the file, and the older one those it had', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  const run = (fields: object) =>
    applyName(processIn({ authority, places, now: clock.now }), desired(fields));
  await run({ budgetUsd: 5, labels: { team: 'a', own: 'b' } });
  clock.advance(10 * dayMs);
  await run({ budgetUsd: 9, labels: { team: 'c' }, disabled: true, rotate: { olderThan: span('5d') } });
  const keys = (await authority.list()).sort((one, other) =>
    (one.createdAt ?? '') < (other.createdAt ?? '') ? -1 : 1,
  );
  expect(keys).toMatchObject([
    { budgetUsd: 5, labels: { team: 'a', own: 'b' } },
    { budgetUsd: 9, labels: { team: 'c', own: 'b' }, status: 'disabled' },
  ]);
});

test('a key without a place is changed, and nothing else', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  await applyName(processIn({ authority, places, now: clock.now }), desired());
  const outcome = await applyName(
    processIn({ authority, places, now: clock.now }),
    desired({ to: [], budgetUsd: 1 }),
  );
  expect(outcome.plan.main.action).toBe('change');
  expect(await liveKeys(authority, 'ci')).toMatchObject([{ budgetUsd: 1 }]);
});

test('where the API does not report use, no key is taken for one that was not delivered', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  const silent = (key: Key | undefined) => {
    const { lastUsedAt: _, usage: __, ...rest } = key ?? ({} as Key);
    return rest as Key;
  };
  const backend = new Proxy(authority as KeyBackend, {
    get(target, field) {
      if (field === 'list') return async () => (await target.list()).map(silent);
      if (field === 'get') return async (id: string) => silent(await target.get(id));
      const value = Reflect.get(target, field);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const run = () =>
    applyName(
      processIn({ authority, backend, places, now: clock.now, options: { redelivers: true } }),
      desired(),
    );
  await run();
  clock.advance(dayMs);
  await authority.create(spec({ name: 'ci' }));
  const { plan } = await run();
  expect(plan.orphan).toBeUndefined();
  expect(plan.main).toMatchObject({ action: 'refused', isPending: true });
  expect(await liveKeys(authority, 'ci')).toHaveLength(2);
});
