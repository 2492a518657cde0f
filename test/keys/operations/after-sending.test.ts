import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Key } from '../../../src/keys/key.ts';
import { inspectOperation } from '../../../src/keys/operations/inspect-operation.ts';
import { issueKey } from '../../../src/keys/operations/issue.ts';
import type { Operation, Plan, Step } from '../../../src/keys/operations/operation.ts';
import type { KeyBackend } from '../../../src/keys/ports.ts';
import type { Reason } from '../../../src/keys/verdict.ts';
import { spec } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import type { Faults } from '../../support/fake-backend.ts';
import { FakeWorld, fakeSecret } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

/* A secret that is made here: it exists nowhere else until the API has it, and whether it has is unknown. */

const secret = new Secret(fakeSecret);
const newKey = key({ id: 'new00001', name: 'ci' });

describe('a creation', () => {
  /** A backend that makes the secret, and what the operation did. */
  async function issue({
    faults = {},
    escrow = true,
    canVerify = false,
  }: {
    faults?: Faults;
    escrow?: boolean;
    canVerify?: boolean;
  } = {}) {
    const world = new FakeWorld(faults);
    const fake = world.backend();
    const backend: KeyBackend = {
      ...fake,
      capabilities: { ...fake.capabilities, verify: canVerify },
      create: async ({ name }, beforeSending) => {
        await beforeSending?.({ secret, isFinal: true });
        world.take('create');
        return { key: { ...newKey, name }, secret };
      },
    };
    const journal = world.journal({ escrow });
    const issued = issueKey(backend, spec(), { sinks: [], known: [], journal, onSecret: async () => {} });
    const failure = await issued.then(
      () => undefined,
      () => failureIn(issued),
    );
    return { failure, steps: world.steps };
  }

  test('has the secret in escrow before the call', async () => {
    const { steps } = await issue();
    expect(steps).toEqual([
      'begin',
      'note creating',
      'note sending',
      'hold',
      'create',
      'hold',
      'note created',
      'end',
    ]);
  });

  test('makes no call if the escrow fails', async () => {
    const hold = new KeysError({ code: 'escrow_failed', message: 'the keychain is locked' });
    const { failure, steps } = await issue({ faults: { hold } });
    expect(failure).toMatchObject({ code: 'escrow_failed', exit: 'failed' });
    expect(steps).toEqual(['begin', 'note creating', 'note sending', 'hold', 'end']);
  });

  test('makes the call without an escrow, as one whose secret the API makes', async () => {
    const { steps } = await issue({ escrow: false });
    expect(steps).toEqual(['begin', 'note creating', 'create', 'note created', 'end']);
  });

  test('whose reply is lost says where the secret is', async () => {
    const create = new KeysError({ exit: 'network', code: 'reply_lost', message: 'the reply was lost' });
    const { failure, steps } = await issue({ faults: { create } });
    expect(failure).toMatchObject({
      exit: 'unfinished',
      message: 'the reply was lost; a key named ci may have been created, and its secret is in escrow',
      hints: ['keys recover op000001'],
    });
    expect(steps.at(-1)).toBe('leave');
  });

  test('whose reply is lost erases the secret if the API failed and has no key', async () => {
    const create = new KeysError({
      exit: 'network',
      code: 'server_failed',
      message: 'oops',
      httpStatus: 500,
    });
    const { failure, steps } = await issue({ faults: { create } });
    expect(failure).toMatchObject({ code: 'server_failed' });
    expect(steps.at(-1)).toBe('end');
    // A list may lag: an API that can verify the secret is asked later.
    const later = await issue({ faults: { create }, canVerify: true });
    expect(later.failure).toMatchObject({ exit: 'unfinished', code: 'reply_lost' });
    expect(later.steps.at(-1)).toBe('leave');
  });
});

describe('the state of an operation that was about to send', () => {
  const begun = '2026-11-20T12:00:00.000Z';
  const sending: Step = { step: 'sending', isFinal: true };

  interface Situation {
    keys: readonly Key[];
    steps?: readonly Step[];
    plan?: Partial<Plan>;
    /** The secret is not in escrow yet. */
    isEmpty?: boolean;
    /** By the id of the key. Absent: the API does not tell. */
    holds?: Readonly<Record<string, boolean>>;
    /** What the API says of the secret. Absent: it cannot verify any. */
    verdict?: Reason;
  }

  async function state({ keys, steps = [sending], plan, isEmpty = false, holds, verdict }: Situation) {
    const operation = await new FakeWorld().journal().begin({
      kind: 'create',
      name: 'ci',
      sinks: ['file:a'],
      known: ['old00001'],
      ...plan,
    });
    if (!isEmpty) await operation.putInEscrow({ id: '', name: 'ci', secret });
    const written = [{ step: 'creating' } as const, ...steps].map((step) => ({ ...step, at: begun }));
    const stopped: Operation = { ...operation, steps: written };
    const account = {
      list: async () => keys,
      get: async (id: string) => keys.find((one) => one.id === id),
      capabilities: { endsLists: false, show: true, maxKeys: null, verify: verdict !== undefined },
      clockAhead: () => 0,
      ...(verdict && {
        verify: async () => ({ valid: verdict === 'ok', reason: verdict, httpStatus: null }),
      }),
      ...(holds && { holds: async (id: string) => holds[id] }),
    };
    return inspectOperation(stopped, account, []);
  }

  const inPlace: Partial<Plan> = {
    kind: 'rotate',
    replaces: { id: 'old00001', grace: 0, shown: {} },
  };
  const old = key({ id: 'old00001', name: 'ci' });
  const created = key({ id: 'new00001', name: 'ci', createdAt: begun });
  const delivered = { kind: 'deliverable', secret, sinks: ['file:a'], key: { name: 'ci' } };

  test('is that nothing was made if no key is there', async () => {
    expect(await state({ keys: [old] })).toEqual({ kind: 'settled', reason: 'nothing-made' });
  });

  test.each(['invalid', 'revoked', 'expired'] as const)(
    'is that nothing was made if no key is there and the API calls the secret %s',
    async (verdict) => {
      expect(await state({ keys: [old], verdict })).toEqual({ kind: 'settled', reason: 'nothing-made' });
    },
  );

  test.each(['ok', 'forbidden', 'rate-limited', 'unreachable'] as const)(
    'is that an unlisted key may have the secret if the API calls it %s',
    async (verdict) => {
      expect(await state({ keys: [old], verdict })).toMatchObject({
        ...delivered,
        key: { id: '' },
        isUnlisted: true,
      });
    },
  );

  test('is deliverable if the only new key can be no other', async () => {
    expect(await state({ keys: [old, created] })).toMatchObject({ ...delivered, key: { id: 'new00001' } });
  });

  test('is not deliverable if the API may have stored another secret, unless it says that it did not', async () => {
    const steps: Step[] = [{ step: 'sending' }];
    expect(await state({ keys: [created], steps })).toMatchObject({ kind: 'undeliverable' });
    expect(await state({ keys: [created], steps, holds: { new00001: true } })).toMatchObject(delivered);
  });

  test('leaves alone a new key that has another secret', async () => {
    expect(await state({ keys: [created], holds: { new00001: false } })).toMatchObject({
      kind: 'ambiguous',
      candidates: [{ id: 'new00001' }],
    });
  });

  test('is deliverable if one of several new keys has the secret', async () => {
    const other = key({ id: 'other001', name: 'ci', createdAt: begun });
    const keys = [created, other];
    expect(await state({ keys })).toMatchObject({ kind: 'ambiguous' });
    const holds = { new00001: false, other001: true };
    expect(await state({ keys, holds })).toMatchObject({ ...delivered, key: { id: 'other001' } });
  });

  test('names no key if the API accepts the secret, and does not say which key has it', async () => {
    const other = key({ id: 'other001', name: 'ci', createdAt: begun });
    const holds = { new00001: true, other001: true };
    expect(await state({ keys: [created, other], holds })).toMatchObject({ ...delivered, key: { id: '' } });
  });

  test('is what the API shows of a key that it was told to renew', async () => {
    const from = { keys: [old], plan: inPlace };
    expect(await state(from)).toMatchObject({ kind: 'renewed', isCertain: false });
    expect(await state({ ...from, holds: { old00001: true } })).toMatchObject({
      ...delivered,
      key: { id: 'old00001' },
    });
    expect(await state({ ...from, holds: { old00001: false } })).toEqual({
      kind: 'settled',
      reason: 'nothing-made',
    });
  });

  test('is as after any lost reply if the process died before the secret was in escrow', async () => {
    expect(await state({ keys: [created], isEmpty: true })).toMatchObject({ kind: 'undeliverable' });
  });

  test('is not that of an earlier attempt, whose secret is still in escrow', async () => {
    const undone: Step[] = [sending, { step: 'undone', reason: 'refused' }];
    expect(await state({ keys: [], steps: undone })).toEqual({ kind: 'settled', reason: 'nothing-made' });
    const again: Step[] = [...undone, { step: 'creating' }];
    expect(await state({ keys: [created], steps: again })).toMatchObject({ kind: 'undeliverable' });
  });
});
