import { expect, test } from 'vitest';
import { Turns } from '../../src/platform/turns.ts';

test('turns come one at a time, in the order in which they were asked for', async () => {
  const turns = new Turns();
  const log: string[] = [];
  const use = async (thing: string, what: string) => {
    const end = await turns.wait(thing);
    log.push(`${what} begins`);
    await new Promise((done) => setTimeout(done, 2));
    log.push(`${what} ends`);
    end();
  };
  await Promise.all([use('a', '1'), use('a', '2'), use('a', '3')]);
  expect(log).toEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
});

test('other things do not wait', async () => {
  const turns = new Turns();
  await turns.wait('a');
  (await turns.wait('b'))();
  await turns.wait('b');
});

test('whose turn it is knows whether others wait', async () => {
  const turns = new Turns();
  const end = await turns.wait('a');
  expect(turns.areAwaited('a')).toBe(false);
  const next = turns.wait('a');
  expect(turns.areAwaited('a')).toBe(true);
  end();
  await next;
  expect(turns.areAwaited('a')).toBe(false);
});
