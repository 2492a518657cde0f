import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { SpanEnd } from '../../../src/base/time.ts';
import type { Key } from '../../../src/keys/key.ts';
import type { Operation } from '../../../src/keys/operations/operation.ts';
import type { Capabilities, KeyBackend, Sink } from '../../../src/keys/ports.ts';
import { retire } from '../../../src/keys/rotation/retirement.ts';
import { rotateKey } from '../../../src/keys/rotation/rotation.ts';
import { spec } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { FakeWorld, fakeSecret } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

const now = new Date('2026-11-21T12:00:00Z');
const old = key({ id: 'old00001', name: 'ci' });
const fault = new KeysError({ exit: 'network', code: 'server_failed', message: 'it broke down' });
const week = 7 * 86_400_000;

/** A backend that remembers what became of the old key. */
function backendOf(
  world: FakeWorld,
  { live = old as Key | undefined, ...abilities }: Partial<Capabilities> & { live?: Key } = {},
) {
  const backend = world.backend();
  let present: Key | undefined = live;
  return {
    ...backend,
    capabilities: { ...backend.capabilities, ...abilities },
    get: async (id: string) => (id === old.id ? present : undefined),
    update: async (id: string, { expiresAt }: { expiresAt?: Date | null }) => {
      world.change(`update ${id} ${expiresAt?.toISOString()}`);
      present = { ...old, expiresAt: expiresAt?.toISOString() ?? null };
      return present;
    },
    revoke: async (id: string) => {
      world.change(`revoke ${id}`);
      if (id === old.id) present = present && { ...present, status: 'revoked' };
      return true;
    },
    verify: async () => {
      world.take('verify');
      return { valid: true, reason: 'ok' as const, httpStatus: 200 };
    },
  } satisfies KeyBackend;
}

interface Options {
  grace?: number;
  untilIdle?: true;
  escrow?: boolean;
  backend?: KeyBackend;
  verifies?: boolean;
  sinks?: readonly Sink[];
  expiresAt?: string | null;
  isOurs?: (value: Secret) => Promise<boolean>;
}

function rotation(
  world: FakeWorld,
  { grace = 0, untilIdle, escrow = true, backend, verifies = true, sinks, expiresAt, isOurs }: Options = {},
) {
  return rotateKey(backend ?? backendOf(world), {
    ...(isOurs && { isOurs }),
    old,
    spec: spec({ name: 'ci' }),
    replaces: {
      id: old.id,
      ...(old.createdAt !== undefined && { createdAt: old.createdAt }),
      grace,
      ...(untilIdle && { untilIdle }),
      ...(!verifies && { unverified: true as const }),
      ...(expiresAt !== undefined && { expiresAt }),
    },
    sinks: sinks ?? [world.sink('file:a', true), world.sink('exec:b')],
    known: [old],
    journal: world.journal({ escrow }),
    onSecret: async () => world.take('mask'),
    now: () => now,
    onNoEscrow: async () => world.take('no escrow'),
  });
}

const delivery = [
  ...[
    'check file:a',
    'check exec:b',
    'begin',
    'note creating',
    'create',
    'hold',
    'note created',
    'mask',
    'verify',
  ],
  'note delivering',
  ...[`deliver file:a ${fakeSecret}`, `read file:a`, 'note delivered'],
  'note delivering',
  ...[`deliver exec:b ${fakeSecret}`, 'note delivered'],
];

test('the old key is not touched before the new one works and every sink has it', async () => {
  const world = new FakeWorld();
  expect(await rotation(world)).toMatchObject({
    key: { id: 'new00001', name: 'ci' },
    delivered: [
      { sink: 'file:a', verified: true },
      { sink: 'exec:b', verified: false },
    ],
    verified: true,
    oldRevoked: true,
    oldRevokeAt: now.toISOString(),
    operation: 'op000001',
  });
  expect(world.steps).toEqual([...delivery, 'revoke old00001', 'end']);
});

test('with a grace period the API retires the old key by itself', async () => {
  const world = new FakeWorld();
  const until = '2026-11-27T12:00:00.000Z';
  // The grace period begins when the last sink has the new key, according to the journal.
  expect(await rotation(world, { grace: week })).toMatchObject({ oldRevoked: false, oldRevokeAt: until });
  expect(world.steps).toEqual([...delivery, `update old00001 ${until}`, 'end']);
});

test('a key that expires within the grace period keeps its expiry', async () => {
  const world = new FakeWorld();
  const expiresAt = '2026-11-22T00:00:00.000Z';
  const backend = backendOf(world, { live: { ...old, expiresAt } });
  expect(await rotation(world, { grace: week, backend })).toMatchObject({ oldRevokeAt: expiresAt });
  expect(world.steps).toEqual([...delivery, 'end']);
});

test.each<[what: string, abilities: Partial<Capabilities>]>([
  ['no expiry', { expiry: 'none', reports: ['id', 'name'] }],
  ['an expiry that cannot be changed', { updateFields: ['name'] }],
  ['an expiry in steps', { expiry: 'steps' }],
])(
  'if the API has %s, the journal waits for the end of the grace period, without the secret',
  async (_, abilities) => {
    const world = new FakeWorld();
    const backend = backendOf(world, abilities);
    expect(await rotation(world, { grace: week, backend })).toMatchObject({
      oldRevoked: false,
      oldRevokeAt: '2026-11-27T12:00:00.000Z',
    });
    expect(world.steps).toEqual([...delivery, 'note superseded', 'rest', 'leave']);
  },
);

test('an old key that is retired when idle does not expire', async () => {
  const world = new FakeWorld();
  expect(await rotation(world, { grace: week, untilIdle: true })).toMatchObject({
    oldRevoked: false,
    oldRevokeAt: null,
  });
  expect(world.steps).toEqual([...delivery, 'note superseded', 'rest', 'leave']);
});

test('an old key that is already gone is not a failure', async () => {
  const world = new FakeWorld();
  const backend = { ...backendOf(world), get: async () => undefined };
  expect(await rotation(world, { backend })).toMatchObject({ oldRevoked: true });
  expect(world.steps).toEqual([...delivery, 'end']);
});

describe('a new key that does not work', () => {
  const refused = (world: FakeWorld): KeyBackend => ({
    ...backendOf(world),
    verify: async () => ({ valid: false, reason: 'invalid', httpStatus: 401 }),
  });

  test('reaches no sink, stays in escrow, and leaves the old key alone', async () => {
    const world = new FakeWorld();
    const failure = await failureIn(rotation(world, { backend: refused(world) }));
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'in_escrow', operation: 'op000001' });
    expect(failure.message).toMatchInlineSnapshot(
      `"the secret of ci (new00001) was not delivered: the API does not accept the new key (invalid); it is in escrow (test escrow)"`,
    );
    expect(world.steps.filter((step) => /deliver|revoke/.test(step))).toEqual(['note undelivered']);
  });

  test('is revoked without an escrow, and leaves the old key alone', async () => {
    const world = new FakeWorld();
    const failure = await failureIn(rotation(world, { backend: refused(world), escrow: false }));
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed' });
    expect(world.steps.filter((step) => step.startsWith('revoke'))).toEqual(['revoke new00001']);
  });

  test('is not verified with --no-verify', async () => {
    const world = new FakeWorld();
    expect(await rotation(world, { backend: refused(world), verifies: false })).toMatchObject({
      verified: false,
    });
  });
});

describe('any failure before the new key has arrived leaves the old one alone', () => {
  test.each(delivery.filter((step) => !/note|hold/.test(step)))('%s', async (step) => {
    for (const escrow of [true, false]) {
      const world = new FakeWorld({ [step]: fault });
      await failureIn(rotation(world, { escrow }));
      expect(world.steps).not.toContain('revoke old00001');
    }
  });
});

test.each(['revoke old00001'])('%s fails: both keys work, exit 5, and recover continues', async (step) => {
  const world = new FakeWorld({ [step]: fault });
  const failure = await failureIn(rotation(world));
  expect(failure).toMatchObject({
    exit: 'unfinished',
    code: 'not_retired',
    hints: ['keys recover op000001', 'keys revoke old00001 --yes'],
    operation: 'op000001',
  });
  expect(world.steps.slice(-2)).toEqual([step, 'leave']);
});

test('an API that accepts a revocation and still reports the key as active is not believed', async () => {
  const world = new FakeWorld();
  const backend = { ...backendOf(world), get: async () => old };
  const failure = await failureIn(rotation(world, { backend }));
  expect(failure).toMatchObject({ exit: 'unfinished', code: 'not_retired' });
  expect(failure.message).toMatchInlineSnapshot(
    `"the new key ci is delivered, but the old one, old00001, was not retired: the API accepted the revocation of old00001, but still reports it as active"`,
  );
  expect(failure.hints).toEqual(['keys recover op000001', 'keys revoke old00001 --yes']);
});

test('an id that the API has given to another key is not revoked, and the hint keeps every key', async () => {
  const world = new FakeWorld();
  const backend = {
    ...backendOf(world),
    get: async () => ({ ...old, createdAt: '2026-11-20T00:00:00.000Z' }),
  };
  const failure = await failureIn(rotation(world, { backend }));
  expect(failure).toMatchObject({
    exit: 'unfinished',
    code: 'not_retired',
    hints: ['keys recover op000001 --keep'],
  });
  expect(failure.message).toMatchInlineSnapshot(
    `"the new key ci is delivered, but the old one, old00001, was not retired: old00001 is a different key now, created 2026-11-20T00:00:00.000Z"`,
  );
  expect(world.steps).not.toContain('revoke old00001');
});

describe("the API's own rotation", () => {
  function renewing(world: FakeWorld, id: string, overlap: Capabilities['overlap']): KeyBackend {
    return {
      ...backendOf(world, { overlap }),
      rotateInPlace: async (_, { graceSeconds }) => {
        world.take(`rotate ${graceSeconds}`);
        return { key: key({ id, name: 'ci' }), secret: new Secret(fakeSecret) };
      },
    };
  }

  test('keeps the old key until the new one has arrived, and then revokes it', async () => {
    const world = new FakeWorld();
    await rotation(world, { backend: renewing(world, 'new00001', 'server') });
    expect(world.steps).toContain('rotate 86400');
    expect(world.steps.slice(-2)).toEqual(['revoke old00001', 'end']);
  });

  test('whose new key cannot be delivered leaves the expiry of the old one unchanged', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: fault });
    const backend = renewing(world, 'new00001', 'server');
    const failure = await failureIn(rotation(world, { backend, escrow: false, expiresAt: null }));
    expect(failure).toMatchObject({ code: 'delivery_failed' });
    expect(failure.message).toMatchInlineSnapshot(
      `"the secret was not delivered to file:a: it broke down; the new key new00001 was revoked; the old key old00001 works as before"`,
    );
    expect(world.steps.slice(-1)).toEqual(['update old00001 undefined']);
  });

  test('whose new key waits in escrow reports until when the old one works', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: fault });
    const ending = { ...old, expiresAt: '2026-11-22T12:00:00Z' };
    const backend = { ...renewing(world, 'new00001', 'server'), get: async () => ending };
    const failure = await failureIn(rotation(world, { backend, expiresAt: null }));
    expect(failure).toMatchObject({
      code: 'in_escrow',
      message:
        'the secret of ci (new00001) was not delivered to file:a: it broke down; it is in escrow (test escrow); the old key old00001 works until 2026-11-22T12:00:00Z',
    });
  });

  test('that keeps the id leaves nothing to revoke', async () => {
    const world = new FakeWorld();
    const rotated = await rotation(world, { backend: renewing(world, old.id, 'none') });
    expect(rotated).toMatchObject({ oldRevoked: true });
    expect(world.steps).not.toContain('revoke old00001');
  });

  test('is not used if it has no grace period and a second key can be created', async () => {
    const world = new FakeWorld();
    await rotation(world, { backend: renewing(world, 'new00001', 'client') });
    expect(world.steps).toContain('create');
  });
});

test('a later retirement has the same effect as an immediate one', async () => {
  const world = new FakeWorld();
  const operation: Operation = await world.journal().begin({
    ...{ kind: 'rotate', name: 'ci', sinks: [], known: [] },
    replaces: { id: old.id, grace: week },
  });
  await operation.note({ step: 'delivered', sink: 'file:a', verified: true });
  const backend = backendOf(world, { expiry: 'none', reports: ['id'] });
  const early = await retire(backend, operation, new Date('2026-11-27T11:59:59Z'));
  expect(early.oldRevoked).toBe(false);
  const late = await retire(backend, operation, new Date('2026-11-27T12:00:00Z'));
  expect(late.oldRevoked).toBe(true);
});

describe('the previous value of a sink', () => {
  const before = new Secret('sk_before_EXAMPLE');

  const isOurs = async (value: Secret) => value === before;

  async function proof(grace: number, worksAfter: boolean, options: Options = { isOurs }) {
    const world = new FakeWorld();
    let asked = 0;
    const backend: KeyBackend = {
      ...backendOf(world),
      verify: async (secret) => {
        const isBefore = secret === before;
        if (isBefore) asked += 1;
        const valid = !isBefore || asked === 1 || worksAfter;
        return { valid, reason: valid ? 'ok' : 'revoked', httpStatus: valid ? 200 : 401 };
      },
    };
    const place = world.sink('file:a');
    const read = async () => (place.seen.length > 0 ? new Secret(fakeSecret) : before);
    const sink = { ...place, read };
    const rotated = await rotation(world, { grace, backend, sinks: [sink], ...options });
    return { oldWorks: rotated.oldWorks, asked };
  }

  test.each([
    [0, false],
    [0, true],
    [week, true],
    [week, false],
  ])('after a grace period of %i ms it is checked once more: %s', async (grace, works) => {
    expect(await proof(grace, works)).toEqual({ oldWorks: works, asked: 2 });
  });

  test.each<Options>([{}, { isOurs: async () => false }])(
    'is sent to the API only if it is one of its keys',
    async (options) => {
      expect(await proof(0, true, options)).toEqual({ oldWorks: undefined, asked: 0 });
    },
  );

  test('is not checked if the old key is retired when idle', async () => {
    expect(await proof(week, true, { untilIdle: true, isOurs })).toEqual({ oldWorks: undefined, asked: 0 });
  });
});

describe('the expiry of an old key', () => {
  /** Retires the old key of a rotation that was delivered a moment ago. */
  async function retired(update: KeyBackend['update']) {
    const world = new FakeWorld();
    const backend: KeyBackend = { ...backendOf(world), update };
    const begun = await world.journal().begin({
      kind: 'rotate',
      name: 'ci',
      sinks: [],
      known: [],
      replaces: { id: old.id, grace: week },
    });
    await begun.note({ step: 'delivered', sink: 'file:a', verified: true });
    return retire(backend, begun, new Date('2026-11-20T12:00:00.600Z'));
  }

  test('is the grace period itself for an API that takes spans, however long the delivery took', async () => {
    let asked: Date | null | undefined;
    await retired(async (_, changes) => {
      asked = changes.expiresAt;
      return { ...old, expiresAt: changes.expiresAt?.toISOString() ?? null };
    });
    expect((asked as SpanEnd).span).toBe(week);
  });

  test('is left to the journal if the API refuses it', async () => {
    const refusal = new KeysError({
      exit: 'failed',
      code: 'rejected',
      message: 'too small',
      httpStatus: 400,
    });
    const retirement = await retired(async () => {
      throw refusal;
    });
    expect(retirement).toEqual({ oldRevoked: false, oldRevokeAt: '2026-11-27T12:00:00.000Z' });
  });
});
