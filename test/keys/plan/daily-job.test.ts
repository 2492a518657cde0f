import { expect, test } from 'vitest';
import type { UseGate } from '../../../src/authority/store/use-gate.ts';
import { applyName } from '../../../src/keys/plan/apply-name.ts';
import type { DesiredKey } from '../../../src/keys/plan/desired-key.ts';
import { surveyName, worldOf } from '../../../src/keys/plan/survey.ts';
import { liveKeys, Places, processIn } from '../../support/apply-world.ts';
import { decisionOf, recordUse, spec, testAuthority, use } from '../../support/authority.ts';
import { Killed } from '../../support/mortal-ports.ts';
import { desired, lifetime, span } from '../../support/plan-world.ts';
import { randomOf } from '../../support/rounds.ts';

const dayMs = 86_400_000;
const days = 200;
/** About as many as a rotation makes. */
const maxCalls = 24;

/*
 * A job that applies a file every day, each time on a machine without state, and is killed at random: before any call of
 * the API, of a place or of the journal. Nothing but the account and the places tells the next day's job where it stands.
 */

const rules: readonly [what: string, key: DesiredKey][] = [
  ['by age', desired({ rotate: { olderThan: span('3d'), grace: span('1d') } })],
  ['by expiry', desired({ expires: lifetime('8d'), rotate: { due: span('5d'), grace: span('1d') } })],
  ['without a grace period', desired({ rotate: { olderThan: span('3d'), grace: span('0') } })],
];

test.for(rules)('200 days of a job that is killed at random: rotated %s', async ([what, key]) => {
  const { authority, gate, clock } = await testAuthority();
  const places = new Places();
  const random = randomOf(`daily ${what}`);
  const [sink = ''] = key.to;
  let kills = 0;
  let failures = 0;
  let orphans = 0;
  let isDelivered = false;
  for (let day = 0; day < days; day++) {
    clock.advance(dayMs);
    // A key that expires outlives no more failures than its rules allow for.
    const hasFailed = failures < 3 && random() < 0.6;
    const run = processIn({
      ...{ authority, places, now: clock.now },
      ...(hasFailed && { killedAt: 1 + Math.floor(random() * maxCalls) }),
      options: { redelivers: true },
    });
    const isKilled = await applyName(run, key).then(
      () => false,
      (error: unknown) => {
        if (!(error instanceof Killed) && !hasFailed) throw error;
        return true;
      },
    );
    kills += Number(isKilled);
    failures = isKilled ? failures + 1 : 0;
    const live = await liveKeys(authority, key.name);
    expect(live.length, `day ${day}: ${live.length} live keys`).toBeLessThanOrEqual(2);
    const value = places.values.get(sink);
    // From the first delivery on, the place always holds a key that works.
    isDelivered ||= value !== undefined;
    if (isDelivered) expect(value && (await isAllowed(gate, value.reveal())), `day ${day}`).toBe(true);
    const [newest] = live;
    orphans += Number(newest !== undefined && !value?.reveal().includes(newest.id));
    if (isKilled) continue;
    const holder = live.find(({ id }) => value?.reveal().includes(id));
    expect(holder, `day ${day}: the delivered key`).toBeDefined();
    const ageDays = (clock.now().getTime() - Date.parse(holder?.createdAt ?? '')) / dayMs;
    expect(ageDays, `day ${day}`).toBeLessThanOrEqual(4);
  }
  expect(kills).toBeGreaterThan(days / 10);
  expect(orphans, 'keys that were created and not delivered').toBeGreaterThan(3);
});

async function isAllowed(gate: UseGate, key: string): Promise<boolean> {
  return (await decisionOf(gate, { key })).allowed;
}

test('a job that was killed between creating and delivering is told of, and the key replaced only on request', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  const key = desired();
  for (let killedAt = 1; (await liveKeys(authority, 'ci')).length === 0; killedAt++)
    await applyName(processIn({ authority, places, now: clock.now, killedAt: killedAt + 1 }), key).catch(
      () => {},
    );
  expect(places.values.size).toBe(0);
  const look = async (redelivers: boolean) => {
    const run = processIn({ authority, places, now: clock.now, options: { redelivers } });
    return surveyName(run, key, await worldOf(run, { redelivers }));
  };
  const [orphan] = await liveKeys(authority, 'ci');
  expect((await look(false)).main).toMatchObject({ action: 'refused', keyId: orphan?.id, isPending: true });
  expect((await look(true)).main).toMatchObject({ action: 'rotate', keyId: orphan?.id });
  await applyName(processIn({ authority, places, now: clock.now }), key);
  expect(await liveKeys(authority, 'ci')).toHaveLength(1);
  await applyName(processIn({ authority, places, now: clock.now, options: { redelivers: true } }), key);
  expect((await look(false)).main.action).toBe('none');
});

test('an interrupted rotation: the key that works stays, the one that was never delivered ends first', async () => {
  const { authority, clock } = await testAuthority();
  const places = new Places();
  const key = desired({ rotate: { olderThan: span('30d') } });
  await applyName(processIn({ authority, places, now: clock.now }), key);
  const [first] = await liveKeys(authority, 'ci');
  clock.advance(31 * dayMs);
  for (let killedAt = 1; (await liveKeys(authority, 'ci')).length === 1; killedAt++)
    await applyName(processIn({ authority, places, now: clock.now, killedAt: killedAt + 1 }), key).catch(
      () => {},
    );
  const live = await liveKeys(authority, 'ci');
  const orphan = live.find(({ id }) => id !== first?.id);
  expect(places.values.get('file:/job/ci')?.reveal()).toContain(first?.id);
  clock.advance(dayMs);
  // Without --redeliver nothing is revoked, and nothing is created.
  await applyName(processIn({ authority, places, now: clock.now }), key);
  expect((await liveKeys(authority, 'ci')).map(({ id }) => id).sort()).toEqual(
    live.map(({ id }) => id).sort(),
  );
  const run = processIn({ authority, places, now: clock.now, options: { redelivers: true } });
  const { plan, newKeyId } = await applyName(run, key);
  expect(plan.orphan).toMatchObject({ action: 'revoke', keyId: orphan?.id });
  expect(plan.main).toMatchObject({ action: 'rotate', keyId: first?.id });
  expect((await liveKeys(authority, 'ci')).map(({ id }) => id).sort()).toEqual([first?.id, newKeyId].sort());
});

test('a key that was used is never taken for one that was not delivered', async () => {
  const { authority, gate, clock } = await testAuthority();
  const places = new Places();
  const key = desired();
  const run = () => processIn({ authority, places, now: clock.now, options: { redelivers: true } });
  await applyName(run(), key);
  const [first] = await liveKeys(authority, 'ci');
  clock.advance(dayMs);
  // As a rotation elsewhere leaves it, which delivered to a place that the file does not name.
  const { key: second } = await authority.create(spec({ name: 'ci' }));
  clock.advance(dayMs);
  await recordUse(gate, use({ keyId: second.id }));
  const { plan } = await applyName(run(), key);
  expect(plan.orphan).toBeUndefined();
  expect(plan.main).toMatchObject({ action: 'refused', keyId: second.id, isPending: true });
  expect((await liveKeys(authority, 'ci')).map(({ id }) => id).sort()).toEqual([first?.id, second.id].sort());
});
