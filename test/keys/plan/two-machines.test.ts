import { describe, expect, test } from 'vitest';
import { randomOf } from '../../../scripts/random.mjs';
import type { Authority } from '../../../src/authority/authority.ts';
import { applyName } from '../../../src/keys/plan/apply-name.ts';
import type { ApplyServices } from '../../../src/keys/plan/apply-services.ts';
import type { DesiredKey } from '../../../src/keys/plan/desired-key.ts';
import { requireFirst } from '../../../src/keys/plan/require-first.ts';
import { liveKeys, Places, processIn } from '../../support/apply-world.ts';
import { testAuthority } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { key } from '../../support/key.ts';
import { desired, span } from '../../support/plan-world.ts';

/* Two machines that apply one file at the same moment: no lock of either is seen by the other. */

const dayMs = 86_400_000;
const ticks = async (count: number) => {
  for (let done = 0; done < count; done += 1) await new Promise(setImmediate);
};

/** An authority behind a network: each call and each response takes a while. */
function distant(authority: Authority, delay: () => Promise<void>): Authority {
  return new Proxy(authority, {
    get(target, field) {
      const value = Reflect.get(target, field);
      if (typeof value !== 'function' || !/^(?:create|list|get|revoke|update)$/.test(String(field)))
        return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: unknown[]) => {
        await delay();
        const result = await Reflect.apply(value, target, args);
        await delay();
        return result;
      };
    },
  });
}

/** Applies one file on two machines, each with places of its own. */
async function onTwo(
  authority: Authority,
  clock: { now: () => Date; advance(ms: number): void },
  { fields = {}, seed, steps }: { fields?: Partial<DesiredKey>; seed: number; steps: number },
) {
  const random = randomOf(seed);
  const machines = [new Places(), new Places()].map((places) => {
    const delay = async () => {
      clock.advance(Math.floor(random() * steps));
      await ticks(Math.floor(random() * 6));
    };
    const services: ApplyServices = processIn({
      ...{ authority, places, now: clock.now, pause: () => ticks(100) },
      backend: distant(authority, delay),
    });
    return { places, services };
  });
  const failures = await Promise.all(
    machines.map(({ services }) =>
      applyName(services, desired(fields)).then(
        () => undefined,
        (error: { failure?: { code?: string } }) => error.failure?.code ?? error,
      ),
    ),
  );
  const held = machines.map(({ places }) => places.values.get('file:/job/ci')?.reveal());
  return { failures, held };
}

describe.each([
  ['whose API tells the millisecond', 3],
  ['at the same time, as far as the API tells', 0],
])('two machines %s', (_, steps) => {
  test('leave one key of a name, in the places of the machine that made it', async () => {
    let both = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const { authority, clock } = await testAuthority();
      const { failures, held } = await onTwo(authority, clock, { seed, steps });
      const live = await liveKeys(authority, 'ci');
      both += failures.includes('created_elsewhere') ? 1 : 0;
      expect(live, `seed ${seed}`).toHaveLength(1);
      for (const value of held.filter((one) => one !== undefined)) expect(value).toContain(live[0]?.id);
      expect(held.some((value) => value !== undefined)).toBe(true);
      for (const code of failures) expect([undefined, 'created_elsewhere']).toContain(code);
    }
    expect(both).toBeGreaterThan(10);
  });

  test('rotate a key once', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { authority, clock } = await testAuthority();
      const places = new Places();
      await applyName(processIn({ authority, places, now: clock.now }), desired());
      clock.advance(10 * dayMs);
      const fields = { rotate: { olderThan: span('5d'), grace: span('1d') } };
      const { failures, held } = await onTwo(authority, clock, { fields, seed, steps });
      const live = await liveKeys(authority, 'ci');
      expect(live, `seed ${seed}`).toHaveLength(2);
      const [current] = live.filter(({ superseded }) => !superseded);
      for (const value of held.filter((one) => one !== undefined)) expect(value).toContain(current?.id);
      for (const code of failures) expect([undefined, 'created_elsewhere']).toContain(code);
    }
  });
});

describe('a new key', () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString();
  const own = key({ id: 'bbbb', name: 'ci', createdAt: at(1) });
  const lists = (...responses: (typeof own)[][]) => ({
    listKeys: async () => responses.shift() ?? [],
    pause: async () => {},
  });

  test.each([
    ['is alone', [[own]]],
    ['is not listed yet', [[]]],
    ['comes after one that was known', [[own, key({ id: 'known', name: 'ci', createdAt: at(0) })]]],
    ['is beside one of another name', [[own, key({ id: 'aaaa', name: 'web', createdAt: at(0) })]]],
    ['is beside a dead one', [[own, key({ id: 'aaaa', name: 'ci', createdAt: at(0), status: 'revoked' })]]],
    ['was first', [[own, key({ id: 'aaaa', name: 'ci', createdAt: at(2) })]]],
    [
      'is left once the other one has yielded',
      [[own, key({ id: 'cccc', name: 'ci', createdAt: at(1) })], [own]],
    ],
  ])('stays if it %s', async (_, responses) => {
    await requireFirst(lists(...responses), own, [key({ id: 'known', name: 'ci' })]);
  });

  test('stays if the account cannot be listed now', async () => {
    const listKeys = () => Promise.reject(new Error('no answer'));
    await requireFirst({ listKeys, pause: async () => {} }, own, []);
  });

  test.each([
    ['was second', 'aaaa', at(0)],
    ['is of the same second and has the greater id', 'aaaa', at(1)],
    ['is of the same second as one that stays', 'cccc', at(1)],
    ['has no time, as the other one', 'cccc', undefined],
  ])('yields if it %s', async (_, id, createdAt) => {
    const mine = createdAt === undefined ? key({ id: 'bbbb', name: 'ci' }) : own;
    const rival = key({ id, name: 'ci', ...(createdAt !== undefined && { createdAt }) });
    if (createdAt === undefined) for (const one of [mine, rival]) delete one.createdAt;
    const failure = await failureIn(requireFirst(lists([mine, rival], [mine, rival]), mine, []));
    expect(failure).toMatchObject({
      code: 'created_elsewhere',
      message: `another process has just created ci (${id})`,
    });
  });
});
