import { expect, test } from 'vitest';
import { withSuperseded } from '../../src/keys/key.ts';
import { decisionOf, spec, testAuthority } from '../support/authority.ts';
import { testService } from '../support/authority-service.ts';

/* The clock of a machine can be set back: by a day after a wrong battery, by a second every night. */

const day = 86_400_000;

test('slots reserved before the clock was set back count, and are free after a minute', async () => {
  const { authority, gate, clock } = await testAuthority();
  const { secret } = await authority.create(spec({ rateLimitRpm: 3 }));
  const ask = () => decisionOf(gate, { key: secret.reveal() });
  await ask();
  await ask();
  clock.advance(-day);
  const answers = [await ask(), await ask()];
  expect(answers.map(({ allowed }) => allowed)).toEqual([true, false]);
  for (const { rateLimit } of answers) expect(rateLimit?.resetSeconds).toBeLessThanOrEqual(60);
  clock.advance(60_000);
  expect([await ask(), await ask(), await ask()].map(({ allowed }) => allowed)).toEqual([true, true, true]);
});

test.each([
  ['in the same millisecond', 0],
  ['after the clock was set back by a day', -day],
])('of two keys of a name, the one created later is the current one: %s', async (_, shift) => {
  const { authority, clock } = await testAuthority();
  for (let round = 0; round < 5; round++) {
    const { key: old } = await authority.create(spec({ name: `ci-${round}` }));
    clock.advance(shift);
    const { key: next } = await authority.create(spec({ name: `ci-${round}` }));
    const standing = withSuperseded(await authority.list()).filter(({ name }) => name === `ci-${round}`);
    expect(standing.map(({ id, superseded }) => [id, superseded])).toEqual([
      [next.id, false],
      [old.id, true],
    ]);
    clock.advance(-shift);
  }
});

test('a successor has the lifetime of its key, even if the clock was set back in between', async () => {
  const { keysOf, clock } = await testService();
  const ada = await keysOf('ada');
  const hour = 3_600_000;
  await ada.issue(spec({ name: 'ci' }));
  clock.advance(-day);
  const expiresAt = new Date(clock.now().getTime() + hour);
  const { id } = await ada.issue(spec({ name: 'ci', expiresAt }));
  const next = await ada.rotate(id, { grace: 0 });
  expect((await ada.get(next.id)).key.expiresAt).toBe(expiresAt.toISOString());
});
