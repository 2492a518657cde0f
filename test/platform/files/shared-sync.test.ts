import { expect, test } from 'vitest';
import { SharedSync } from '../../../src/platform/files/shared-sync.ts';

/** A file, and what of it is on disk. */
class SlowDisk {
  content = 0;
  synced = 0;
  syncs = 0;
  fault: Error | undefined;
  readonly #ends: (() => void)[] = [];

  readonly sync = async (): Promise<void> => {
    const { content } = this;
    this.syncs += 1;
    await new Promise<void>((end) => this.#ends.push(end));
    if (this.fault) throw this.fault;
    this.synced = content;
  };

  async end(): Promise<void> {
    await new Promise(setImmediate);
    this.#ends.shift()?.();
    await new Promise(setImmediate);
  }
}

test('one sync serves all who ask before it begins; who asks later waits for the next one', async () => {
  const disk = new SlowDisk();
  const shared = new SharedSync(disk.sync);
  const done: string[] = [];
  const change = (name: string) => {
    const content = ++disk.content;
    return shared.wait().then(() => {
      expect(disk.synced).toBeGreaterThanOrEqual(content);
      done.push(name);
    });
  };
  const all = [change('a'), change('b')];
  await new Promise(setImmediate);
  all.push(change('c'), change('d'));
  expect(disk.syncs).toBe(1);
  await disk.end();
  expect(done).toEqual(['a', 'b']);
  expect(disk.syncs).toBe(2);
  all.push(change('e'));
  await disk.end();
  expect(done).toEqual(['a', 'b', 'c', 'd']);
  await disk.end();
  await Promise.all(all);
  expect(disk.syncs).toBe(3);
});

test('a sync that fails is told to all whom it was to serve, and to no other', async () => {
  const disk = new SlowDisk();
  const shared = new SharedSync(disk.sync);
  const outcomes = [shared.wait(), shared.wait()].map((one) => one.catch((error: Error) => error.message));
  disk.fault = new Error('no space');
  await disk.end();
  expect(await Promise.all(outcomes)).toEqual(['no space', 'no space']);
  disk.fault = undefined;
  const next = shared.wait();
  await disk.end();
  await expect(next).resolves.toBeUndefined();
});
