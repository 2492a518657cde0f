import { expect, test } from 'vitest';
import { SharedList } from '../../src/app/shared-list.ts';
import type { Key } from '../../src/keys/key.ts';
import { key } from '../support/key.ts';

test('everyone gets a list that was begun after they asked, and those who wait share one', async () => {
  const answers: ((keys: readonly Key[]) => void)[] = [];
  const list = new SharedList(() => new Promise((answer) => answers.push(answer)));
  const settled = () => new Promise((resume) => setImmediate(resume));
  const together = Promise.all([list.read(), list.read()]);
  await settled();
  expect(answers).toHaveLength(1);
  // This one is too late for the list that is under way.
  const late = Promise.all([list.read(), list.read()]);
  await settled();
  expect(answers).toHaveLength(1);
  answers[0]?.([key({ id: 'first' })]);
  expect((await together).flat().map(({ id }) => id)).toEqual(['first', 'first']);
  await settled();
  expect(answers).toHaveLength(2);
  answers[1]?.([]);
  expect(await late).toEqual([[], []]);
});

test('a list that fails fails for those who asked for it, and for no other', async () => {
  let count = 0;
  const list = new SharedList(async () => {
    count += 1;
    if (count === 1) throw new Error('down');
    return [];
  });
  await expect(list.read()).rejects.toThrow('down');
  expect(await list.read()).toEqual([]);
});
