import { describe, expect, test } from 'vitest';
import type { ErrorCode, ExitName } from '../../../src/base/error-codes.ts';
import { interrupted, KeysError } from '../../../src/base/errors.ts';
import type { RotationRecord } from '../../../src/keys/rotation/record.ts';
import { unchanged } from '../../../src/keys/rotation/record.ts';
import { RotationBatch } from '../../../src/keys/rotation/rotate-many.ts';
import type { Pace, RotationEvent } from '../../../src/keys/rotation/services.ts';
import { Interruption } from '../../../src/platform/interruption.ts';
import { failureIn } from '../../support/failure.ts';
import { key } from '../../support/key.ts';

/** A batch whose rotations end when the test says so. */
class Fleet {
  /** The names of the keys whose rotation has begun, in order. */
  readonly begun: string[] = [];
  readonly events: RotationEvent[] = [];
  readonly interruption = new Interruption({
    interrupt: new AbortController().signal,
    urgent: new AbortController().signal,
    endsWith: () => {},
  });
  readonly batch: RotationBatch;
  readonly paces = new Map<string, Pace>();
  readonly #ends = new Map<
    string,
    { finish: (record: RotationRecord) => void; fail: (error: unknown) => void }
  >();

  /** `changes`: whether a rotation has changed something once it has begun. */
  constructor(names: string, { changes = true }: { changes?: boolean } = {}) {
    const targets = [...names].map((name) => key({ id: `old-${name}`, name }));
    const tell = async (event: RotationEvent) => void this.events.push(event);
    this.batch = new RotationBatch({ interruption: this.interruption, tell }, targets, ({ name }, pace) => {
      this.begun.push(name);
      this.paces.set(name, pace);
      if (changes) this.interruption.begin();
      return new Promise((finish, fail) => this.#ends.set(name, { finish, fail }));
    });
  }

  async finish(name: string, fields: Partial<RotationRecord> = {}): Promise<void> {
    this.#ends.get(name)?.finish({ ...unchanged(key({ name })), ...fields });
    await settled();
  }

  async fail(name: string, error: unknown): Promise<void> {
    this.#ends.get(name)?.fail(error);
    await settled();
  }

  /** The names in events of one type. */
  steps(): string[] {
    return this.events.flatMap((event) => (event.type === 'batch-step' ? [event.name] : []));
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }
}

/** Until everything that can happen without the test has happened. */
function settled(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}

/** Reads a batch as it goes; `names` grows with each record. */
function reading(run: AsyncIterable<RotationRecord>) {
  const names: string[] = [];
  const end = (async () => {
    for await (const { name } of run) names.push(name);
  })();
  end.catch(() => {});
  return { names, end };
}

function failing(exit: ExitName, code: ErrorCode = 'rejected'): KeysError {
  return new KeysError({ exit, code, message: 'it broke down' });
}

describe('records', () => {
  test('arrive as soon as their keys are done, not in the order of their start', async () => {
    const fleet = new Fleet('abc');
    const { names, end } = reading(fleet.batch.run(2));
    await settled();
    expect(fleet.begun).toEqual(['a', 'b']);
    await fleet.finish('b');
    expect(names).toEqual(['b']);
    expect(fleet.begun).toEqual(['a', 'b', 'c']);
    await fleet.finish('c');
    expect(names).toEqual(['b', 'c']);
    await fleet.finish('a');
    await end;
    expect(names).toEqual(['b', 'c', 'a']);
    expect(fleet.events.at(-1)).toMatchObject({ type: 'batch-finished', notStarted: 0 });
    expect(fleet.batch.exit).toBe('done');
  });

  test.each([
    [undefined, 4],
    [1, 1],
    [3, 3],
    [9, 6],
  ])('with a concurrency of %s, %i keys are rotated at a time', async (concurrency, atOnce) => {
    const fleet = new Fleet('abcdef');
    const { end } = reading(fleet.batch.run(concurrency));
    for (const name of 'abcdef') {
      await settled();
      expect(fleet.begun.length - 'abcdef'.indexOf(name)).toBe(Math.min(atOnce, 6 - 'abcdef'.indexOf(name)));
      await fleet.finish(name);
    }
    await end;
  });

  test('wait for a reader that has paused, but the rotation does not', async () => {
    const fleet = new Fleet('abcdefgh');
    const run = fleet.batch.run(2);
    const first = run.next();
    await settled();
    for (const name of 'abcdefgh') await fleet.finish(name);
    expect(fleet.begun.join('')).toBe('abcdefgh');
    expect(fleet.steps().join('')).toBe('abcdefgh');
    const { names, end } = reading(run);
    await end;
    expect([(await first).value?.name, ...names].join('')).toBe('abcdefgh');
    expect(fleet.batch.exit).toBe('done');
  });

  test('are not needed by a batch without keys', async () => {
    const fleet = new Fleet('');
    const { names, end } = reading(fleet.batch.run());
    await end;
    expect(names).toEqual([]);
    expect(fleet.types()).toEqual(['batch-started', 'batch-drained', 'batch-finished']);
    expect(fleet.batch.exit).toBe('done');
  });
});

describe('a key that makes no call', () => {
  /** Work of a key that ends when the test says so. */
  function work(fleet: Fleet, name: string, kind: 'aside' | 'deliver') {
    const state = { hasBegun: false, end: () => {} };
    const done = fleet.paces.get(name)?.[kind](() => {
      state.hasBegun = true;
      return new Promise<void>((end) => {
        state.end = end;
      });
    });
    return { state, done };
  }

  test.each([
    [1, 'a'],
    [2, 'abcd'],
    [3, 'abcdef'],
  ])(
    'lets another one begin, but with a concurrency of %i no more than %s are under way',
    async (concurrency, names) => {
      const fleet = new Fleet('abcdefgh');
      const { end } = reading(fleet.batch.run(concurrency));
      await settled();
      expect(fleet.begun.join('')).toBe(names.slice(0, concurrency));
      const works: ReturnType<typeof work>[] = [];
      for (const name of names) {
        works.push(work(fleet, name, 'aside'));
        await settled();
      }
      expect(fleet.begun.join('')).toBe(names);
      for (const { state } of works) state.end();
      await settled();
      for (const name of 'abcdefgh') await fleet.finish(name);
      await end;
      expect(fleet.batch.exit).toBe('done');
    },
  );

  test('waits for its delivery until fewer than the concurrency are being delivered', async () => {
    const fleet = new Fleet('abcd');
    const { end } = reading(fleet.batch.run(2));
    await settled();
    const works = new Map<string, ReturnType<typeof work>>();
    for (const name of 'abc') {
      works.set(name, work(fleet, name, 'deliver'));
      await settled();
    }
    expect(fleet.begun.join('')).toBe('abcd');
    expect(works.get('b')?.state.hasBegun).toBe(true);
    expect(works.get('c')?.state.hasBegun).toBe(false);
    works.get('a')?.state.end();
    await settled();
    expect(works.get('c')?.state.hasBegun).toBe(true);
    for (const { state } of works.values()) state.end();
    await settled();
    for (const name of 'abcd') await fleet.finish(name);
    await end;
  });

  test('and is waited for by an interruption, which begins no key that waits for its turn', async () => {
    const fleet = new Fleet('abcd');
    const { end } = reading(fleet.batch.run(2));
    await settled();
    const { state } = work(fleet, 'a', 'aside');
    await settled();
    expect(fleet.begun.join('')).toBe('abc');
    fleet.interruption.ask();
    await fleet.finish('b');
    await fleet.finish('c');
    state.end();
    await settled();
    await fleet.finish('a');
    await end;
    expect(fleet.begun.join('')).toBe('abc');
    expect(fleet.events.at(-1)).toMatchObject({ type: 'batch-finished', notStarted: 1 });
  });
});

describe('a reader that leaves', () => {
  test('starts nothing else, and the batch ends once everything started is finished', async () => {
    const fleet = new Fleet('abcdefgh');
    const run = fleet.batch.run(2);
    const first = run.next();
    await settled();
    await fleet.finish('a');
    await first;
    expect(fleet.begun.join('')).toBe('abc');
    let hasEnded = false;
    const left = run.return(undefined).then(() => {
      hasEnded = true;
    });
    await fleet.finish('c');
    expect(hasEnded).toBe(false);
    expect(fleet.types()).not.toContain('batch-drained');
    await fleet.finish('b');
    await left;
    expect(fleet.begun.join('')).toBe('abc');
    expect(fleet.types().at(-1)).toBe('batch-drained');
    expect(fleet.batch.exit).toBe('unfinished');
  });

  test('loses nothing once every key is done', async () => {
    const fleet = new Fleet('ab');
    const run = fleet.batch.run();
    const first = run.next();
    await settled();
    await fleet.finish('b');
    await fleet.finish('a');
    await first;
    await run.return(undefined);
    expect(fleet.batch.exit).toBe('done');
  });
});

describe('an interruption', () => {
  test('lets started rotations finish, and starts no other', async () => {
    const fleet = new Fleet('abcdef');
    const { names, end } = reading(fleet.batch.run(2));
    await settled();
    fleet.interruption.ask();
    await fleet.finish('b');
    await fleet.finish('a');
    await end;
    expect(names).toEqual(['b', 'a']);
    expect(fleet.begun).toEqual(['a', 'b']);
    expect(fleet.events.at(-1)).toMatchObject({ type: 'batch-finished', notStarted: 4 });
    expect(fleet.batch.exit).toBe('unfinished');
  });

  test('counts a key that it stopped as not started', async () => {
    const fleet = new Fleet('abc');
    const { names, end } = reading(fleet.batch.run(2));
    await settled();
    fleet.interruption.ask();
    await fleet.fail('a', fleet.interruption.failure());
    await fleet.finish('b');
    await end;
    expect(names).toEqual(['b']);
    expect(fleet.steps()).toEqual(['b']);
    expect(fleet.events.at(-1)).toMatchObject({ type: 'batch-finished', notStarted: 2 });
    expect(fleet.batch.exit).toBe('unfinished');
  });

  test('cancels the command if nothing has changed', async () => {
    const fleet = new Fleet('abc', { changes: false });
    const { names, end } = reading(fleet.batch.run(2));
    await settled();
    fleet.interruption.ask();
    for (const name of 'ab') await fleet.fail(name, interrupted());
    expect(await failureIn(end)).toMatchObject({ code: 'interrupted', exit: 'interrupted' });
    expect(names).toEqual([]);
    expect(fleet.begun).toEqual(['a', 'b']);
    expect(fleet.types().at(-1)).toBe('batch-drained');
  });

  test('after the last key changes nothing', async () => {
    const fleet = new Fleet('a');
    const { end } = reading(fleet.batch.run());
    await settled();
    fleet.interruption.ask();
    await fleet.finish('a');
    await end;
    expect(fleet.events.at(-1)).toMatchObject({ type: 'batch-finished', notStarted: 0 });
    expect(fleet.batch.exit).toBe('done');
  });
});

test('a failure has a record, and does not stop the others', async () => {
  const fleet = new Fleet('abc');
  const records: RotationRecord[] = [];
  const end = (async () => {
    for await (const record of fleet.batch.run(1)) records.push(record);
  })();
  await settled();
  const error = new KeysError({ code: 'in_escrow', message: 'it waits', operation: 'op000001' });
  await fleet.fail('a', error);
  await fleet.finish('b');
  await fleet.finish('c');
  await end;
  expect(records.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(records[0]).toMatchObject({
    oldId: 'old-a',
    new: null,
    operation: 'op000001',
    error: { code: 'in_escrow', message: 'it waits' },
  });
  expect(fleet.events).toContainEqual({
    type: 'batch-failure',
    key: expect.objectContaining({ name: 'a' }),
    error,
  });
  expect(fleet.steps()).toEqual(['a', 'b', 'c']);
});

test('a bug starts nothing else, and is thrown once everything started is finished', async () => {
  const fleet = new Fleet('abcdef');
  const { names, end } = reading(fleet.batch.run(2));
  await settled();
  const bug = new TypeError('undefined is not a function');
  await fleet.fail('a', bug);
  expect(fleet.types()).not.toContain('batch-drained');
  await fleet.finish('b');
  await expect(end).rejects.toBe(bug);
  expect(names).toEqual(['b']);
  expect(fleet.begun).toEqual(['a', 'b']);
  expect(fleet.types()).toContain('batch-drained');
  expect(fleet.types()).not.toContain('batch-finished');
});

test('a bug without a reader still makes the batch unfinished', async () => {
  const fleet = new Fleet('ab');
  const run = fleet.batch.run();
  const first = run.next();
  await settled();
  await fleet.finish('a');
  await first;
  const left = run.return(undefined);
  await fleet.fail('b', new TypeError('undefined is not a function'));
  await left;
  expect(fleet.batch.exit).toBe('unfinished');
});

describe('the exit code', () => {
  test.each<[what: string, ends: (Partial<RotationRecord> | KeysError)[], exit: ExitName]>([
    ['of nothing but success', [{}, {}], 'done'],
    ['of one failure is its own', [{}, failing('network')], 'network'],
    ['of failures alike is theirs', [failing('network'), failing('network')], 'network'],
    ['of failures that differ', [failing('network'), failing('auth')], 'failed'],
    ['where one is unfinished', [failing('network'), failing('unfinished')], 'unfinished'],
    ['where an old key could not be retired', [{}, { pending: 'no evidence' }], 'unfinished'],
  ])('%s', async (_, ends, exit) => {
    const fleet = new Fleet('ab');
    const { end } = reading(fleet.batch.run());
    await settled();
    for (const [at, outcome] of ends.entries()) {
      const name = 'ab'[at] ?? '';
      await (outcome instanceof KeysError ? fleet.fail(name, outcome) : fleet.finish(name, outcome));
    }
    await end;
    expect(fleet.batch.exit).toBe(exit);
  });
});
