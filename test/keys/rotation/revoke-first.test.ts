import { describe, expect, test } from 'vitest';
import { capabilities } from '../../../src/authority/capabilities.ts';
import { KeysError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import { SpanEnd } from '../../../src/base/time.ts';
import type { Key } from '../../../src/keys/key.ts';
import type { OpenOperation } from '../../../src/keys/operations/open-operation.ts';
import type {
  EscrowedSecret,
  Operation,
  Plan,
  Step,
  WrittenStep,
} from '../../../src/keys/operations/operation.ts';
import { recoverOperation } from '../../../src/keys/operations/recover-operation.ts';
import type { RecoveryChoice, RecoveryServices } from '../../../src/keys/operations/recovery.ts';
import type { Capabilities, KeyBackend, KeySpec, Sink } from '../../../src/keys/ports.ts';
import { rotateKey, rotationSubject } from '../../../src/keys/rotation/rotation.ts';
import { spec } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { key } from '../../support/key.ts';

/* An API that allows one key: the old key is revoked before the new one exists. */

const start = Date.parse('2026-11-20T12:00:00Z');
const dayMs = 86_400_000;
const refused = new KeysError({ code: 'forbidden', message: 'the session token does not allow this' });
const lost = new KeysError({ exit: 'network', code: 'reply_lost', message: 'the reply was lost' });

/** The process is killed. */
class Killed extends Error {}

/** How a call of a port ends: before it has any effect, after it, or with a failure of the API. */
type Fault = { at: number; when: 'before' | 'after'; error: Error };

/** The API, the journal, the escrow and a sink, all of which survive the process. */
class World {
  readonly keys: (Key & { secret: string })[] = [];
  readonly calls: string[] = [];
  readonly specs: KeySpec[] = [];
  sinkValue = 'sk_old_EXAMPLE';
  nowMs = start;
  fault: Fault | undefined;
  #plan: Plan | undefined;
  #steps: WrittenStep[] = [];
  /** How many of the steps are on disk: a power cut loses the others. */
  #settledCount = 0;
  #held: EscrowedSecret | undefined;
  #isDead = false;
  #made = 0;

  constructor() {
    this.keys.push({ ...key({ id: 'old00001', name: 'ci' }), secret: 'sk_old_EXAMPLE' });
  }

  /** Any call of a port. */
  async call<T>(name: string, effect: () => T): Promise<T> {
    return this.callNow(name, effect);
  }

  callNow<T>(name: string, effect: () => T): T {
    if (this.#isDead) throw new Killed();
    const fault = this.calls.length === this.fault?.at ? this.fault : undefined;
    this.calls.push(name);
    if (fault?.error instanceof Killed) this.#isDead = true;
    if (fault?.when === 'before') throw fault.error;
    const result = effect();
    if (fault) throw fault.error;
    return result;
  }

  /** Another process, an hour later. */
  restart(): void {
    this.#isDead = false;
    this.fault = undefined;
    this.nowMs += 3_600_000;
    this.#steps.length = this.#settledCount;
  }

  #write(step: Step): void {
    this.#steps.push({ ...step, at: new Date(this.nowMs).toISOString() });
  }

  get live(): readonly (Key & { secret: string })[] {
    return this.keys.filter(({ status }) => status === 'active');
  }

  get isOpen(): boolean {
    return this.#plan !== undefined;
  }

  get operation(): Operation {
    const plan = this.#plan;
    if (!plan) throw new Error('no operation');
    return {
      id: 'op000001',
      plan,
      steps: this.#steps,
      escrow: 'test escrow',
      note: (step) =>
        this.call(`note ${step.step}`, () => {
          this.#write(step);
          this.#settledCount = this.#steps.length;
        }),
      noteAhead: (step) => this.callNow(`note ${step.step}`, () => this.#write(step)),
      settle: async () => {
        if (this.#isDead) throw new Killed();
        this.#settledCount = this.#steps.length;
      },
      putInEscrow: (one) =>
        this.call('hold', () => {
          this.#held = one;
        }),
      readEscrow: async () => this.#held,
      end: async () => {
        await this.call('end', () => {
          this.#held = undefined;
          this.#plan = undefined;
        }).catch(() => {});
      },
      clearEscrow: async () => {},
      leave: async () => {},
    };
  }

  async begin(plan: Plan, escrow: boolean): Promise<Operation> {
    // What is on disk is JSON.
    this.#plan = JSON.parse(JSON.stringify(plan)) as Plan;
    this.#steps = [];
    await this.call('begin', () => {});
    return escrow ? this.operation : { ...this.operation, escrow: undefined };
  }

  get open(): OpenOperation {
    const { plan, steps } = this.operation;
    const at = new Date(start).toISOString();
    const setting = { profile: 'test', provider: 'one', url: null, cwd: '/' };
    const header = { version: 1 as const, id: 'op000001', at, plan, setting };
    return { header, escrow: 'file', steps: [...steps], path: '/op000001' };
  }

  backend(abilities: Partial<Capabilities> = {}): KeyBackend {
    return {
      capabilities: { ...capabilities, overlap: 'none', verify: false, ...abilities },
      permissions: undefined,
      list: async () => this.call('list', () => this.keys.map(({ secret: _, ...one }) => one)),
      get: async (id) => this.call(`get ${id}`, () => this.keys.find((one) => one.id === id)),
      create: async (wanted) =>
        this.call('create', () => {
          if (this.live.length > 0)
            throw new KeysError({ code: 'rejected', message: 'revoke the existing key first' });
          this.#made += 1;
          const made = {
            ...key({ id: `new0000${this.#made}`, name: wanted.name }),
            createdAt: new Date(this.nowMs).toISOString(),
            secret: `sk_new${this.#made}_EXAMPLE`,
          };
          this.keys.push(made);
          this.specs.push(wanted);
          const { secret, ...shown } = made;
          return { key: shown, secret: new Secret(secret) };
        }),
      update: async () => key(),
      revoke: async (id) =>
        this.call(`revoke ${id}`, () => {
          const found = this.keys.find((one) => one.id === id);
          if (found) found.status = 'revoked';
          return found !== undefined;
        }),
      logs: async function* () {},
      usage: async () => [],
      verify: async () => ({ valid: true, reason: 'ok', httpStatus: 200 }),
      callLimit: 30_000,
    };
  }

  get sink(): Sink {
    return {
      name: 'file:key',
      check: async () => {},
      deliver: ({ secret }) =>
        this.call('deliver', () => {
          this.sinkValue = secret.reveal();
        }),
      read: async () => new Secret(this.sinkValue),
    };
  }
}

const planned = spec({ name: 'ci', description: 'deploys', permissions: ['read'], labels: { team: 'web' } });

function rotate(world: World, { escrow = true, abilities = {} as Partial<Capabilities> } = {}) {
  const now = new Date(world.nowMs);
  return rotateKey(world.backend(abilities), {
    old: key({ id: 'old00001', name: 'ci' }),
    spec: { ...planned, expiresAt: new SpanEnd(now, { months: 0, milliseconds: 90 * dayMs }) },
    replaces: { id: 'old00001', grace: 0, revokedFirst: true },
    sinks: [world.sink],
    known: [key({ id: 'old00001', name: 'ci' })],
    journal: { begin: (plan) => world.begin(plan, escrow) },
    onSecret: async () => {},
    now: () => now,
    onNoEscrow: async () => {},
  });
}

const defaultChoice: RecoveryChoice = {
  to: [],
  secretOnly: false,
  revoke: false,
  keep: false,
  keyId: undefined,
  assumeYes: true,
};

async function recover(world: World, choice: Partial<RecoveryChoice> = {}) {
  const backend = world.backend();
  const unasked = async () => {
    throw new Error('there must be no prompt');
  };
  const services: RecoveryServices = {
    now: new Date(world.nowMs),
    stop: new AbortController().signal,
    printsRecords: false,
    startMutation: () => {},
    claim: async () => (world.isOpen ? world.operation : undefined),
    issuerOf: async () => ({ issuer: backend, subject: rotationSubject, backend }),
    recordedSinks: async () => [world.sink],
    openDestination: async () => ({ places: [world.sink], printsSecret: false, sinks: () => [world.sink] }),
    maskInLog: async () => {},
    tell: async () => {},
    prompts: {
      chooseOperations: unasked,
      chooseDelivery: unasked,
      chooseUnclear: unasked,
      chooseCandidate: unasked,
      confirmRevocation: unasked,
    },
  };
  const mode = { isOne: false, rotates: false, mayAsk: false };
  return recoverOperation(services, world.open, { ...defaultChoice, ...choice }, mode);
}

const path = [
  ...['begin', 'note revoking', 'revoke old00001', 'get old00001', 'note revoked'],
  ...[
    'note creating',
    'create',
    'hold',
    'note created',
    'note delivering',
    'deliver',
    'note delivered',
    'end',
  ],
];

test('the old key is revoked, then the new one is created, and each step is written down before the next', async () => {
  const world = new World();
  expect(await rotate(world)).toMatchObject({
    key: { id: 'new00001' },
    oldRevoked: true,
    oldRevokeAt: '2026-11-20T12:00:00.000Z',
  });
  expect(world.calls).toEqual(path);
  expect(world.live).toMatchObject([{ id: 'new00001', secret: world.sinkValue }]);
});

test('nothing is touched without an escrow', async () => {
  const world = new World();
  expect(await failureIn(rotate(world, { escrow: false }))).toMatchObject({
    exit: 'usage',
    hints: ['set up an escrow: keys doctor'],
  });
  expect(world.live).toMatchObject([{ id: 'old00001' }]);
  expect(world.isOpen).toBe(false);
});

/** Exactly one key works at the end, and the sink holds its secret. */
function expectWhole(world: World): void {
  expect(world.live.map(({ secret }) => secret)).toEqual([world.sinkValue]);
  expect(world.isOpen).toBe(false);
}

describe('a process that is killed', () => {
  const moments = path.flatMap((call, at) =>
    (['before', 'after'] as const).map((when) => [when, call, at] as const),
  );

  test.each(moments)(
    '%s %s is recovered: one key works, and its secret is in the sink',
    async (when, _, at) => {
      const world = new World();
      world.fault = { at, when, error: new Killed() };
      await rotate(world).catch(() => {});
      world.restart();
      if (!world.isOpen) return expectWhole(world);
      const outcome = await recover(world);
      expect(outcome?.outcome, outcome?.reason).toMatch(/^(delivered|ended)$/);
      expectWhole(world);
    },
  );

  test.each(moments)(
    '%s %s, and again during its recovery, is recovered by a second one',
    async (when, _, at) => {
      const probe = new World();
      probe.fault = { at, when, error: new Killed() };
      await rotate(probe).catch(() => {});
      probe.restart();
      if (!probe.isOpen) return;
      const begun = probe.calls.length;
      await recover(probe);
      for (let second = begun; second < probe.calls.length; second += 1) {
        for (const then of ['before', 'after'] as const) {
          const world = new World();
          world.fault = { at, when, error: new Killed() };
          await rotate(world).catch(() => {});
          world.restart();
          world.fault = { at: second, when: then, error: new Killed() };
          await recover(world).catch(() => {});
          world.restart();
          if (world.isOpen) await recover(world);
          expectWhole(world);
        }
      }
    },
  );
});

test('the key that recovery creates is the planned one, and its span begins with it', async () => {
  const world = new World();
  world.fault = { at: path.indexOf('create'), when: 'before', error: new Killed() };
  await rotate(world).catch(() => {});
  world.restart();
  await recover(world);
  const [made] = world.specs;
  expect(made).toMatchObject({ description: 'deploys', permissions: ['read'], labels: { team: 'web' } });
  expect(made?.expiresAt).toBeInstanceOf(SpanEnd);
  expect(made?.expiresAt?.getTime()).toBe(world.nowMs + 90 * dayMs);
});

describe('a refusal', () => {
  test('of the revocation leaves everything as it was', async () => {
    const world = new World();
    world.fault = { at: path.indexOf('revoke old00001'), when: 'before', error: refused };
    expect(await failureIn(rotate(world))).toMatchObject({ exit: 'auth', code: 'forbidden' });
    expectWhole(world);
  });

  test('of the new key leaves the operation open, and recovery creates it', async () => {
    const world = new World();
    world.fault = { at: path.indexOf('create'), when: 'before', error: refused };
    expect(await failureIn(rotate(world))).toMatchObject({
      exit: 'unfinished',
      code: 'rotation_unfinished',
      message:
        'the session token does not allow this; the old key old00001 is revoked, and no new key exists',
      hints: ['keys recover op000001'],
      operation: 'op000001',
    });
    // Nothing has to be waited for: the API has refused.
    world.fault = undefined;
    expect(await recover(world)).toMatchObject({ outcome: 'delivered', id: 'new00001' });
    expectWhole(world);
  });

  test('of the new key in recovery too leaves it open, and --keep gives it up', async () => {
    const world = new World();
    world.fault = { at: path.indexOf('create'), when: 'before', error: refused };
    await rotate(world).catch(() => {});
    world.restart();
    world.fault = { at: world.calls.length + 2, when: 'before', error: refused };
    expect(await recover(world)).toMatchObject({ outcome: 'open' });
    expect(world.isOpen).toBe(true);
    expect(await recover(world, { keep: true })).toMatchObject({ outcome: 'kept' });
    expect(world.isOpen).toBe(false);
  });
});

describe('a lost reply', () => {
  test.each(['before', 'after'] as const)('to the revocation, %s it took effect', async (when) => {
    const world = new World();
    world.fault = { at: path.indexOf('revoke old00001'), when, error: lost };
    const outcome = await rotate(world).catch((error: unknown) => error);
    if (outcome instanceof KeysError) {
      expect(outcome.failure).toMatchObject({ exit: 'unfinished', code: 'rotation_unfinished' });
      world.restart();
      expect(await recover(world)).toMatchObject({ outcome: 'delivered' });
    }
    expectWhole(world);
  });

  test.each(['before', 'after'] as const)('to the creation, %s it took effect', async (when) => {
    const world = new World();
    world.fault = { at: path.indexOf('create'), when, error: lost };
    expect(await failureIn(rotate(world))).toMatchObject({ exit: 'unfinished', code: 'reply_lost' });
    world.restart();
    expect(await recover(world)).toMatchObject({ outcome: 'delivered' });
    expectWhole(world);
    expect(world.keys.filter(({ status }) => status === 'revoked')).toHaveLength(when === 'after' ? 2 : 1);
  });
});

test('a delivery that fails leaves the secret in escrow, as in any rotation', async () => {
  const world = new World();
  const failed = new KeysError({ code: 'file_not_written', message: 'the disk is full' });
  world.fault = { at: path.indexOf('deliver'), when: 'before', error: failed };
  expect(await failureIn(rotate(world))).toMatchObject({ exit: 'unfinished', code: 'in_escrow' });
  world.restart();
  expect(await recover(world)).toMatchObject({ outcome: 'delivered', id: 'new00001' });
  expectWhole(world);
});

test('a new key whose secret reached neither the escrow nor a sink is revoked, and another one follows', async () => {
  const world = new World();
  const failed = new KeysError({ code: 'escrow_failed', message: 'the keychain is locked' });
  world.fault = { at: path.indexOf('hold'), when: 'before', error: failed };
  const delivers = world.sink;
  const broken = { ...delivers, deliver: async () => Promise.reject(failed) };
  Object.defineProperty(world, 'sink', { value: broken, configurable: true });
  expect(await failureIn(rotate(world))).toMatchObject({
    exit: 'unfinished',
    code: 'delivery_failed',
    message: expect.stringContaining('the new key new00001 was revoked, as the old one old00001 was before'),
  });
  Object.defineProperty(world, 'sink', { value: delivers });
  world.restart();
  expect(await recover(world)).toMatchObject({ outcome: 'delivered', id: 'new00002' });
  expectWhole(world);
});
