import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { UpstreamCredential, UpstreamKey } from '../../src/gateway/upstream-key.ts';
import { failureIn } from '../support/failure.ts';

/** A source that returns `sk-1-EXAMPLE`, `sk-2-EXAMPLE` and so on, and counts its reads. */
function source(): { ask: () => Promise<Secret>; asked: () => number } {
  let asked = 0;
  return { ask: async () => new Secret(`sk-${++asked}-EXAMPLE`), asked: () => asked };
}

test('concurrent reads query the source once', async () => {
  const { ask, asked } = source();
  const key = new UpstreamKey(ask);
  const [one, other] = await Promise.all([key.read(), key.read()]);
  expect(await key.read()).toBe(one);
  expect(other).toBe(one);
  expect(asked()).toBe(1);
  expect(one.headers()).toEqual({ authorization: 'Bearer sk-1-EXAMPLE' });
});

test('after a rejection the source is read once more, however many calls saw it', async () => {
  const { ask, asked } = source();
  const key = new UpstreamKey(ask);
  const old = await key.read();
  key.reject(old);
  key.reject(old);
  const reading = key.read();
  key.reject(old);
  const fresh = await reading;
  key.reject(old);
  expect(await key.read()).toBe(fresh);
  expect(fresh.headers()).toEqual({ authorization: 'Bearer sk-2-EXAMPLE' });
  expect(asked()).toBe(2);
});

test('a source that failed is read again by the next request', async () => {
  let [asked, isReady] = [0, false];
  const key = new UpstreamKey(async () => {
    asked += 1;
    if (!isReady) throw new Error('not yet');
    return new Secret('sk-EXAMPLE');
  });
  const failures = await Promise.allSettled([key.read(), key.read()]);
  expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(asked).toBe(1);
  isReady = true;
  await key.read();
  expect(asked).toBe(2);
});

test('a key that HTTP cannot carry is a failure without its value', async () => {
  const key = new UpstreamKey(async () => new Secret('sk-\nEXAMPLE'));
  const failure = await failureIn(key.read());
  expect(failure.code).toBe('header_not_sendable');
  expect(JSON.stringify(failure)).not.toContain('EXAMPLE');
});

test('a key is found in a text, and never printed', () => {
  const credential = new UpstreamCredential(new Secret('sk-EXAMPLE'));
  expect(credential.isIn('Bearer sk-EXAMPLE.')).toBe(true);
  expect(credential.isIn('Bearer sk-')).toBe(false);
  expect(inspect(credential, { showHidden: true, depth: 9 }) + JSON.stringify(credential)).not.toContain(
    'EXAMPLE',
  );
});
