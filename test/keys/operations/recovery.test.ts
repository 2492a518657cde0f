import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Key } from '../../../src/keys/key.ts';
import { fingerprintOf } from '../../../src/keys/operations/fingerprint.ts';
import { inspectOperation } from '../../../src/keys/operations/inspect-operation.ts';
import type { EscrowedSecret, Operation, Plan, Step } from '../../../src/keys/operations/operation.ts';
import { resumeDelivery } from '../../../src/keys/operations/resume-delivery.ts';
import type { Sink } from '../../../src/keys/ports.ts';
import { failureIn } from '../../support/failure.ts';
import { FakeWorld, fakeSecret } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

const secret = new Secret(fakeSecret);
const held: EscrowedSecret = { id: 'new00001', name: 'ci', secret };
const made = key({ id: 'new00001', name: 'ci' });
const creating: Step = { step: 'creating' };
const created: Step = { step: 'created', id: 'new00001' };
const inFile: Step = { step: 'delivered', sink: 'file:a', verified: true };

const begun = Date.parse('2026-11-20T12:00:00.000Z');

/** That many minutes after the operation began. */
function minute(count: number): string {
  return new Date(begun + count * 60_000).toISOString();
}

interface Case {
  steps: readonly Step[];
  plan?: Partial<Plan>;
  held?: EscrowedSecret;
  places?: readonly Sink[];
  /** Milliseconds by which the clock of the API is ahead. */
  ahead?: number;
  /** Whether a key can be fetched by its id. */
  show?: boolean;
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
  if (inEscrow) await operation.putInEscrow(inEscrow);
  for (const step of steps) await operation.note(step);
  return {
    ...operation,
    steps: operation.steps.map((step, index) => ({ ...step, at: minute(index) })),
  };
}

/** The state of an operation while these keys are listed; undefined: the API cannot be reached. */
async function standing(from: Case, keys: readonly Key[] | undefined) {
  const operation = await stopped(new FakeWorld(), from);
  const list = async () => {
    if (!keys) throw new KeysError({ exit: 'network', code: 'connection_failed', message: 'gone' });
    return keys;
  };
  const account = {
    list,
    get: async (id: string) => (await list()).find((one) => one.id === id),
    capabilities: { endsLists: false, show: from.show ?? true, maxKeys: null, verify: false },
    clockAhead: () => from.ahead,
    callLimit: 30_000,
  };
  return inspectOperation(operation, account, from.places ?? []);
}

describe('with the secret in escrow', () => {
  test('delivers it to the sinks that do not have it', async () => {
    expect(await standing({ steps: [creating, created, inFile], held }, [made])).toEqual({
      kind: 'deliverable',
      key: made,
      secret,
      sinks: ['file:b'],
    });
  });

  test('even if the process died before it journalled the key', async () => {
    expect(await standing({ steps: [creating], held }, [made])).toMatchObject({
      kind: 'deliverable',
      sinks: ['file:a', 'file:b'],
    });
  });

  test('even if the API cannot be reached', async () => {
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

  test.each(['revoked', 'expired'] as const)('delivers nothing if the key is %s', async (status) => {
    expect(await standing({ steps: [creating, created], held }, [{ ...made, status }])).toEqual({
      kind: 'settled',
      reason: 'key-gone',
      id: 'new00001',
    });
  });
});

test('keeps the secret in escrow if its key is not listed', async () => {
  const steps = [creating, created];
  expect(await standing({ steps, held, show: false }, [])).toMatchObject({
    kind: 'deliverable',
    isUnlisted: true,
  });
  expect(await standing({ steps, held }, [])).toMatchObject({ kind: 'settled', reason: 'key-gone' });
});

describe('with the secret gone', () => {
  const fingerprint = fingerprintOf(secret);
  const marked: Step = { ...created, fingerprint };
  const begun: Step = { step: 'delivering', sink: 'file:a' };
  const place = (name: string, value: Secret | null | undefined): Sink => ({
    ...new FakeWorld().sink(name),
    read: async () => value,
  });

  test('no sink can have it if no delivery had begun', async () => {
    expect(await standing({ steps: [creating, marked] }, [made])).toEqual({
      kind: 'undeliverable',
      key: { id: 'new00001', name: 'ci' },
      isTold: true,
    });
  });

  test.each([
    ['holds nothing', null],
    ['holds another value', new Secret('sk_old_EXAMPLE')],
  ])('nor if the sink %s', async (_, value) => {
    const places = [place('file:a', value)];
    expect(await standing({ steps: [creating, marked, begun], places }, [made])).toMatchObject({
      kind: 'undeliverable',
    });
  });

  test('a sink that holds it supplies the others', async () => {
    const places = [place('file:a', new Secret(`${fakeSecret}\n`)), place('file:b', null)];
    expect(await standing({ steps: [creating, marked, begun], places }, [made])).toMatchObject({
      kind: 'deliverable',
      from: 'file:a',
      sinks: ['file:a', 'file:b'],
    });
  });

  test.each([
    ['cannot be read now', [place('file:a', undefined)]],
    ['can never be read', [new FakeWorld().sink('file:a')]],
    ['is not there any more', []],
    ['forgets what it holds', [{ ...place('file:a', null), isTransient: true as const }]],
  ])('a sink that %s may have it', async (_, places) => {
    expect(await standing({ steps: [creating, marked, begun], places }, [made])).toEqual({
      kind: 'unclear',
      key: { id: 'new00001', name: 'ci' },
      holders: ['file:a'],
    });
  });

  test('a failed sink does not have it, a served one has', async () => {
    const failed: Step = { step: 'undelivered', sink: 'file:a', reason: 'full' };
    expect(await standing({ steps: [creating, marked, begun, failed] }, [made])).toMatchObject({
      kind: 'undeliverable',
    });
    const ended: Step = { ...failed, isUnclear: true };
    expect(await standing({ steps: [creating, marked, begun, ended] }, [made])).toMatchObject({
      kind: 'unclear',
    });
    expect(await standing({ steps: [creating, marked, begun, inFile] }, [made])).toMatchObject({
      kind: 'unclear',
      holders: ['file:a'],
    });
  });

  test('a journal of an earlier version does not record which deliveries began', async () => {
    expect(await standing({ steps: [creating, created, inFile] }, [made])).toEqual({
      kind: 'unclear',
      key: { id: 'new00001', name: 'ci' },
      holders: ['file:a', 'file:b'],
    });
  });

  test('a key that was rotated in place is not revoked', async () => {
    const plan = { kind: 'rotate' as const, replaces: { id: 'new00001', grace: 0 } };
    expect(await standing({ steps: [creating, marked], plan }, [made])).toMatchObject({
      kind: 'renewed',
      isCertain: true,
    });
  });

  test('a key that is gone settles the operation', async () => {
    expect(await standing({ steps: [creating, created] }, [])).toMatchObject({ reason: 'key-gone' });
  });

  test('nothing is decided while the API cannot be reached', async () => {
    expect(await failureIn(standing({ steps: [creating, created] }, undefined))).toMatchObject({
      code: 'connection_failed',
    });
  });
});

test.each([
  ['nothing was asked of the API', [], undefined],
  ['every sink has it', [creating, created, inFile, { ...inFile, sink: 'file:b' }], undefined],
] as const)('it is settled without a question if %s', async (_, steps, keys) => {
  expect((await standing({ steps }, keys)).kind).toBe('settled');
});

test('a key whose secret had arrived exists, even if the API does not list it', async () => {
  const steps: Step[] = [creating, { step: 'created', id: '', fingerprint: fingerprintOf(secret) }];
  const other = key({ id: 'old00001', name: 'ci' });
  expect(await standing({ steps }, [other])).toEqual({
    kind: 'ambiguous',
    candidates: [],
    isUnlisted: true,
  });
  expect(await standing({ steps }, [other, made])).toMatchObject({ key: { id: 'new00001' } });
});

describe('without a reply', () => {
  const lost = [creating, { step: 'lost', reason: 'reset' }] as const;
  const old = key({ id: 'old00001', name: 'ci' });
  const at = (id: string, minutes: number) => key({ id, name: 'ci', createdAt: minute(minutes) });

  test.each([
    ['a key that was there before', old],
    ['a key of another name', key({ id: 'new00001', name: 'web' })],
    ['a key that is revoked', { ...made, status: 'revoked' as const }],
  ])('%s is not the new key', async (_, other) => {
    expect(await standing({ steps: lost }, [other])).toEqual({ kind: 'settled', reason: 'nothing-made' });
  });

  test('the only new key of the name is the new key', async () => {
    expect(await standing({ steps: lost }, [old, at('new00001', 0)])).toMatchObject({
      kind: 'undeliverable',
      key: { id: 'new00001' },
      isTold: false,
    });
  });

  test('even if its creation time is unknown', async () => {
    const { createdAt: _, ...timeless } = made;
    expect(await standing({ steps: lost }, [timeless])).toMatchObject({ kind: 'undeliverable' });
  });

  test('a key that was created much later belongs to someone else', async () => {
    expect(await standing({ steps: lost }, [at('new00001', 0), at('later001', 60)])).toMatchObject({
      kind: 'undeliverable',
      key: { id: 'new00001' },
    });
  });

  test('several candidates are reported, never guessed between', async () => {
    const keys = [at('new00001', 0), at('new00002', 1)];
    expect(await standing({ steps: lost }, keys)).toEqual({ kind: 'ambiguous', candidates: keys });
  });

  test('nor is a single one taken for it that was created much later: the clock of the server may be wrong', async () => {
    expect(await standing({ steps: lost }, [at('new00001', 60)])).toMatchObject({ kind: 'ambiguous' });
  });

  test('the clock of the API is what counts', async () => {
    const ahead = 60 * 60_000;
    const keys = [at('new00001', 60)];
    expect(await standing({ steps: lost, ahead }, keys)).toMatchObject({ kind: 'undeliverable' });
    expect(await standing({ steps: lost, ahead: 0 }, keys)).toMatchObject({ kind: 'ambiguous' });
  });

  test('if the list may have been cut, a key from before the call is not the new one, known or not', async () => {
    const keys = [at('new00001', -60)];
    expect(await standing({ steps: lost }, keys)).toMatchObject({ kind: 'undeliverable' });
    expect(await standing({ steps: lost, plan: { isCut: true } }, keys)).toMatchObject({ kind: 'ambiguous' });
  });

  test('if the list may be cut, it does not prove that there is no new key', async () => {
    const keys = Array.from({ length: 100 }, (_, n) => key({ id: `other${n}`, name: `other-${n}` }));
    expect(await standing({ steps: lost }, keys)).toEqual({ kind: 'ambiguous', candidates: [] });
    expect(await standing({ steps: lost }, keys.slice(1))).toMatchObject({ reason: 'nothing-made' });
  });

  test('a key that is in use is not certain', async () => {
    const used = { ...at('new00001', 0), lastUsedAt: minute(1) };
    expect(await standing({ steps: lost }, [used])).toMatchObject({ kind: 'ambiguous' });
  });

  test.each(['', 'new00001'])('nor is one whose name the API has dropped: %j', async (name) => {
    const unnamed = { ...at('new00001', 0), name };
    expect(await standing({ steps: lost }, [unnamed])).toEqual({ kind: 'ambiguous', candidates: [unnamed] });
  });

  test('at an API without names, any new key may be it', async () => {
    const unnamed = { ...at('new00001', 0), name: 'the key' };
    expect(await standing({ steps: lost, plan: { nameless: true } }, [unnamed])).toMatchObject({
      kind: 'ambiguous',
    });
  });

  describe('to a rotation by the API itself', () => {
    const shown = { prefix: 'sk_12345678…', createdAt: minute(-10) };
    const plan = { kind: 'rotate' as const, replaces: { id: 'old00001', grace: 0, shown } };
    const one = (prefix?: string) => ({ ...at('old00001', -10), ...(prefix !== undefined && { prefix }) });

    test.each([
      ['what it shows of the value is another', one('sk_abcdefgh…'), { kind: 'renewed', isCertain: true }],
      ['it was made anew', { ...one('sk_12345678…'), createdAt: minute(0) }, { isCertain: true }],
      ['it shows the same', one('sk_12345678…'), { kind: 'settled', reason: 'nothing-made' }],
      ['it shows nothing', one(), { kind: 'renewed', isCertain: false }],
    ])('%s', async (_, after, expected) => {
      expect(await standing({ steps: lost, plan }, [after])).toMatchObject(expected);
    });
  });
});

describe('delivering again', () => {
  async function again(world: FakeWorld, sinks: Parameters<typeof resumeDelivery>[2]) {
    const operation = await stopped(world, { steps: [creating, created], held });
    world.steps.length = 0;
    return resumeDelivery(operation, { key: made, secret }, sinks, async () => world.take('mask'));
  }

  test('journals the key if the process died before it could', async () => {
    const world = new FakeWorld();
    const operation = await stopped(world, { steps: [creating], held });
    await resumeDelivery(operation, { key: made, secret }, [world.sink('exec:a')], async () => {});
    expect(world.steps).toContain('note created');
  });

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
      'note delivering',
      `deliver exec:a ${fakeSecret}`,
      'note delivered',
      'note delivering',
      `deliver exec:b ${fakeSecret}`,
      'note delivered',
    ]);
  });

  test('does not deliver to a sink that already holds the secret', async () => {
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
