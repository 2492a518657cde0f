import { expect, test } from 'vitest';
import { Permits } from '../../src/platform/permits.ts';

/** Work that begins when it has a permit, and continues when the test says so. */
class Works {
  readonly log: string[] = [];
  readonly permits: Permits;
  readonly #ends = new Map<string, () => void>();

  constructor(count: number) {
    this.permits = new Permits(count);
  }

  async on(what: string): Promise<void> {
    this.log.push(what);
    await new Promise<void>((end) => this.#ends.set(what, end));
  }

  async end(what: string): Promise<void> {
    this.#ends.get(what)?.();
    await this.settle();
  }

  /** Until everything that can happen without the test has happened. */
  settle(): Promise<void> {
    return new Promise((resume) => setImmediate(resume));
  }

  /** Takes a permit, does something aside, and something else after it. */
  async use(name: string): Promise<void> {
    await this.permits.use(async (aside) => {
      await this.on(`${name} with`);
      await aside(() => this.on(`${name} aside`));
      await this.on(`${name} again`);
    });
  }
}

test('as much is done at the same time as there are permits, in the order in which it was asked for', async () => {
  const works = new Works(2);
  const all = ['a', 'b', 'c', 'd'].map((name) => works.permits.use(() => works.on(name)));
  await works.settle();
  expect(works.log).toEqual(['a', 'b']);
  await works.end('b');
  expect(works.log).toEqual(['a', 'b', 'c']);
  await works.end('a');
  await works.end('c');
  await works.end('d');
  await Promise.all(all);
});

test('work aside leaves its permit to others, and goes before what has not begun when it is done', async () => {
  const works = new Works(1);
  const all = ['a', 'b', 'c'].map((name) => works.use(name));
  await works.settle();
  await works.end('a with');
  expect(works.log).toEqual(['a with', 'a aside', 'b with']);
  // The only permit is taken: it waits.
  await works.end('a aside');
  expect(works.log).toHaveLength(3);
  await works.end('b with');
  expect(works.log.slice(3)).toEqual(['b aside', 'a again']);
  await works.end('b aside');
  await works.end('a again');
  expect(works.log.slice(5)).toEqual(['b again']);
  for (const what of ['b again', 'c with', 'c aside', 'c again']) await works.end(what);
  await Promise.all(all);
  expect(works.log).toHaveLength(9);
});

test('work aside within other such work changes nothing', async () => {
  const works = new Works(1);
  const first = works.permits.use((aside) => aside(() => aside(() => works.on('inner'))));
  const second = works.permits.use(() => works.on('second'));
  const third = works.permits.use(() => works.on('third'));
  await works.settle();
  expect(works.log).toEqual(['inner', 'second']);
  await works.end('inner');
  expect(works.log).toEqual(['inner', 'second']);
  await works.end('second');
  await works.end('third');
  await Promise.all([first, second, third]);
});

test('a failure gives the permit back, with permit or aside', async () => {
  const { permits } = new Works(1);
  const failing = async () => {
    throw new Error('it failed');
  };
  await expect(permits.use(failing)).rejects.toThrow('it failed');
  await expect(permits.use((aside) => aside(failing))).rejects.toThrow('it failed');
  const kept = permits.use((aside) => aside(failing).catch(() => 'kept on'));
  expect(await kept).toBe('kept on');
  expect(await permits.use(async () => 'free')).toBe('free');
});
