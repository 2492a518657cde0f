import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/errors.ts';
import type { Key } from '../../src/lifecycle/key.ts';
import type { Held, Operation, Plan, Step } from '../../src/lifecycle/operation.ts';
import { redeliver, standingOf } from '../../src/lifecycle/recovery.ts';
import { Secret } from '../../src/secret.ts';
import { failureIn } from '../support/failure.ts';
import { FakeWorld, fakeSecret } from '../support/fake-backend.ts';
import { key } from '../support/key.ts';

const secret = new Secret(fakeSecret);
const held: Held = { id: 'new00001', name: 'ci', secret };
const made = key({ id: 'new00001', name: 'ci' });
const creating: Step = { step: 'creating' };
const created: Step = { step: 'created', id: 'new00001' };
const inFile: Step = { step: 'delivered', sink: 'file:a', verified: true };

const begun = Date.parse('2026-11-20T12:00:00.000Z');

/** A moment so many minutes after the operation has begun. */
function minute(count: number): string {
  return new Date(begun + count * 60_000).toISOString();
}

interface Case {
  steps: readonly Step[];
  plan?: Partial<Plan>;
  held?: Held;
}

/** An operation that stopped after these steps, a minute apart. */
async function stopped(world: FakeWorld, { steps, plan, held: inEscrow }: Case): Promise<Operation> {
  const operation = await world.journal().begin({
    kind: 'create',
    name: 'ci',
    sinks: ['file:a', 'file:b'],
    known: ['old00001'],
    ...plan,
  });
  if (inEscrow) await operation.hold(inEscrow);
  for (const step of steps) await operation.note(step);
  return {
    ...operation,
    steps: operation.steps.map((step, index) => ({ ...step, at: minute(index) })),
  };
}

/** What can be done about an operation while these keys are listed; undefined: the API cannot be asked. */
async function standing(from: Case, keys: readonly Key[] | undefined) {
  const operation = await stopped(new FakeWorld(), from);
  return standingOf(operation, {
    list: async () => {
      if (!keys) throw new KeysError({ exit: 'network', code: 'connection_failed', message: 'gone' });
      return keys;
    },
  });
}

describe('with the secret in escrow', () => {
  test('it is delivered to the sinks that do not have it', async () => {
    expect(await standing({ steps: [creating, created, inFile], held }, [made])).toEqual({
      kind: 'deliverable',
      key: made,
      secret,
      sinks: ['file:b'],
    });
  });

  test('also where the process died before it wrote down that there is a key', async () => {
    expect(await standing({ steps: [creating], held }, [made])).toMatchObject({
      kind: 'deliverable',
      sinks: ['file:a', 'file:b'],
    });
  });

  test('also where the API cannot be asked', async () => {
    expect(await standing({ steps: [creating, created], held }, undefined)).toMatchObject({
      kind: 'deliverable',
      key: { id: 'new00001', name: 'ci', status: 'unknown' },
    });
  });

  test('a sink that was named twice is served twice', async () => {
    const plan = { sinks: ['exec:a', 'exec:a'] };
    const once: Step = { step: 'delivered', sink: 'exec:a', verified: false };
    expect(await standing({ steps: [creating, created, once], held, plan }, [made])).toMatchObject({
      sinks: ['exec:a'],
    });
  });

  test.each(['revoked', 'expired'] as const)('nothing is delivered of a key that is %s', async (status) => {
    expect(await standing({ steps: [creating, created], held }, [{ ...made, status }])).toEqual({
      kind: 'settled',
      reason: 'key-gone',
      id: 'new00001',
    });
  });
});

describe('with the secret gone', () => {
  test('the key is named, and who was given its secret', async () => {
    expect(await standing({ steps: [creating, created, inFile] }, [made])).toEqual({
      kind: 'undeliverable',
      key: { id: 'new00001', name: 'ci' },
      holders: ['file:a'],
    });
  });

  test('a key that is gone is none', async () => {
    expect(await standing({ steps: [creating, created] }, [])).toMatchObject({ reason: 'key-gone' });
  });

  test('nothing is decided while the API cannot be asked', async () => {
    expect(await failureIn(standing({ steps: [creating, created] }, undefined))).toMatchObject({
      code: 'connection_failed',
    });
  });
});

test.each([
  ['nothing was asked of the API', [], undefined],
  ['every sink has it', [creating, created, inFile, { ...inFile, sink: 'file:b' }], undefined],
] as const)('it is settled where %s, without a question', async (_, steps, keys) => {
  expect((await standing({ steps }, keys)).kind).toBe('settled');
});

describe('without a reply', () => {
  const lost = [creating, { step: 'lost', reason: 'reset' }] as const;
  const old = key({ id: 'old00001', name: 'ci' });
  const at = (id: string, minutes: number) => key({ id, name: 'ci', createdAt: minute(minutes) });

  test.each([
    ['a key that was there before', old],
    ['a key of another name', key({ id: 'new00001', name: 'web' })],
    ['a key that is revoked', { ...made, status: 'revoked' as const }],
  ])('%s is not the one', async (_, other) => {
    expect(await standing({ steps: lost }, [other])).toEqual({ kind: 'settled', reason: 'nothing-made' });
  });

  test('the one new key of the name is the one', async () => {
    expect(await standing({ steps: lost }, [old, at('new00001', 0)])).toMatchObject({
      kind: 'undeliverable',
      key: { id: 'new00001' },
      holders: [],
    });
  });

  test('and so is one whose time nobody knows', async () => {
    const { createdAt: _, ...timeless } = made;
    expect(await standing({ steps: lost }, [timeless])).toMatchObject({ kind: 'undeliverable' });
  });

  test('a key that was made much later is somebody else’s', async () => {
    expect(await standing({ steps: lost }, [at('new00001', 0), at('later001', 60)])).toMatchObject({
      kind: 'undeliverable',
      key: { id: 'new00001' },
    });
  });

  test('several candidates are told, never guessed between', async () => {
    const keys = [at('new00001', 0), at('new00002', 1)];
    expect(await standing({ steps: lost }, keys)).toEqual({ kind: 'ambiguous', candidates: keys });
  });

  test('nor is a single one that was made long after: the clock of the server may be wrong', async () => {
    expect(await standing({ steps: lost }, [at('new00001', 60)])).toMatchObject({ kind: 'ambiguous' });
  });

  test('where the process died waiting, there is no latest time', async () => {
    expect(await standing({ steps: [creating] }, [at('new00001', 60)])).toMatchObject({
      kind: 'undeliverable',
    });
  });

  test('of an API without names, whatever is new may be it', async () => {
    const unnamed = key({ id: 'new00001', name: 'the key' });
    expect(await standing({ steps: lost, plan: { nameless: true } }, [unnamed])).toMatchObject({
      kind: 'undeliverable',
    });
  });
});

describe('delivering again', () => {
  async function again(world: FakeWorld, sinks: Parameters<typeof redeliver>[2]) {
    const operation = await stopped(world, { steps: [creating, created], held });
    world.steps.length = 0;
    return redeliver(operation, { key: made, secret }, sinks, async () => world.take('mask'));
  }

  test('masks, checks every sink, and delivers', async () => {
    const world = new FakeWorld();
    const sinks = [world.sink('exec:a'), world.sink('exec:b')];
    expect(await again(world, sinks)).toEqual([
      { sink: 'exec:a', verified: false },
      { sink: 'exec:b', verified: false },
    ]);
    expect(world.steps).toEqual([
      'mask',
      'check exec:a',
      'check exec:b',
      `deliver exec:a ${fakeSecret}`,
      'note delivered',
      `deliver exec:b ${fakeSecret}`,
      'note delivered',
    ]);
  });

  test('leaves a sink alone that holds the secret already', async () => {
    const world = new FakeWorld();
    const sink = { ...world.sink('file:a'), read: async () => new Secret(fakeSecret) };
    expect(await again(world, [sink])).toEqual([{ sink: 'file:a', verified: true }]);
    expect(world.steps).not.toContain(`deliver file:a ${fakeSecret}`);
  });

  test.each(['check exec:a', `deliver exec:a ${fakeSecret}`])(
    'a failure at "%s" leaves the operation open',
    async (step) => {
      const world = new FakeWorld({ [step]: new Error('full') });
      await expect(again(world, [world.sink('exec:a')])).rejects.toThrow('full');
      expect(world.steps).not.toContain('end');
    },
  );
});
