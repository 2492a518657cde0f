import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fitLine } from '../../src/output/fit-line.ts';
import { Waits } from '../../src/output/waits.ts';

/* A spinner for waits that a person notices, and nothing of it afterwards. */

beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] }),
);
afterEach(() => void vi.useRealTimers());

function start(env = { LANG: 'C.UTF-8' }) {
  const drawn: string[] = [];
  const waits = new Waits(env, async (line) => void drawn.push(line));
  let finish = () => {};
  const work = () =>
    new Promise<string>((resolve) => {
      finish = () => resolve('done');
    });
  const pass = async (ms: number) => {
    await vi.advanceTimersByTimeAsync(ms);
    // The pictures are loaded when they are used.
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { drawn, waits, work, pass, end: () => finish() };
}

test('a short wait shows nothing', async () => {
  const { drawn, waits, work, pass, end } = start();
  const waiting = waits.during('waiting for api.example.com', work);
  await pass(250);
  end();
  expect(await waiting).toBe('done');
  await pass(1000);
  expect(drawn.filter(Boolean)).toEqual([]);
});

test('a longer one says what is being waited for, and leaves nothing', async () => {
  const { drawn, waits, work, pass, end } = start();
  const waiting = waits.during('waiting for api.example.com', work);
  await pass(320);
  expect(drawn).toEqual(['⠋ waiting for api.example.com']);
  await pass(80);
  expect(drawn.at(-1)).toBe('⠙ waiting for api.example.com');
  end();
  await waiting;
  const { length } = drawn;
  await pass(1000);
  expect(drawn.slice(length - 1)).toEqual(['']);
});

test('without Unicode, the spinner is ASCII', async () => {
  const { drawn, waits, work, pass, end } = start({ LANG: 'C' });
  const waiting = waits.during('delivering to exec:slow', work);
  await pass(320);
  expect(drawn).toEqual(['| delivering to exec:slow']);
  end();
  await waiting;
});

test('a failure ends it, too, and once the output has begun nothing is shown', async () => {
  const { drawn, waits, work, pass, end } = start();
  await expect(waits.during('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await waits.finish();
  const waiting = waits.during('b', work);
  await pass(1000);
  end();
  await waiting;
  expect(drawn.filter(Boolean)).toEqual([]);
});

test.each([
  ['⠋ waiting', 20, '⠋ waiting'],
  ['0123456789', 10, '01234567…'],
  ['0123456789', 11, '0123456789'],
  ['鍵鍵鍵鍵鍵', 8, '鍵鍵…'],
])('%s at %i columns: %s', (line, columns, fitting) => {
  expect(fitLine(line, columns)).toBe(fitting);
});
