import { expect, test } from 'vitest';
import { StopController, signalOf } from '../../src/platform/stop-signal.ts';

test('calls those who listen once, in their order, and no one who has left or came late', () => {
  const controller = new StopController();
  const calls: string[] = [];
  const leaving = () => calls.push('left');
  controller.addEventListener('abort', () => calls.push(`first, ${controller.aborted}`));
  controller.addEventListener('abort', leaving);
  controller.addEventListener('abort', () => calls.push('last'));
  controller.removeEventListener('abort', leaving);
  controller.abort();
  controller.abort();
  controller.addEventListener('abort', () => calls.push('late'));
  expect(calls).toEqual(['first, true', 'last']);
});

test('is an AbortSignal where one is needed, made before or after it aborts', () => {
  const [early, late] = [new StopController(), new StopController()];
  const signal = signalOf(early);
  expect(signalOf(early)).toBe(signal);
  expect(signal.aborted).toBe(false);
  early.abort();
  late.abort();
  expect([signal.aborted, signalOf(late).aborted]).toEqual([true, true]);
});

test('an AbortSignal is itself', () => {
  const { signal } = new AbortController();
  expect(signalOf(signal)).toBe(signal);
});
