import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import { Secret } from '../../../src/base/secret.ts';
import type { Key } from '../../../src/keys/key.ts';
import { createAndDeliver, issueKey } from '../../../src/keys/operations/issue.ts';
import { keySubject } from '../../../src/keys/operations/issuer.ts';
import type { Sink } from '../../../src/keys/ports.ts';
import { spec } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { FakeWorld, fakeSecret } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

const full = new KeysError({
  exit: 'failed',
  code: 'file_not_written',
  message: 'the disk is full',
  hints: ['df -h'],
});

/** Issues a key to these sinks. */
function issue(world: FakeWorld, sinks: readonly Sink[], { escrow = true } = {}) {
  const onSecret = async (secret: Secret) => world.take(`mask ${secret.reveal()}`);
  return issueKey(world.backend(), spec(), {
    sinks,
    known: [],
    journal: world.journal({ escrow }),
    onSecret,
  });
}

/** Without an escrow, as on a machine without a keychain. */
function issueUnheld(world: FakeWorld, sinks: readonly Sink[]) {
  return issue(world, sinks, { escrow: false });
}

/** Like `issueUnheld`, but replaces another key. */
function rotateUnheld(world: FakeWorld, sinks: readonly Sink[]) {
  return issueKey(world.backend(), spec(), {
    subject: { ...keySubject, kind: 'rotate' },
    sinks,
    known: [],
    journal: world.journal({ escrow: false }),
    onSecret: async () => {},
  });
}

test('notes the creation again if its turn to call was long in coming', async () => {
  const world = new FakeWorld();
  const operation = await world
    .journal({ escrow: false })
    .begin({ kind: 'create', name: 'ci', sinks: [], known: [] });
  await createAndDeliver(world.backend(), spec(), operation, {
    subject: keySubject,
    sinks: [],
    onSecret: async () => {},
    before: { keys: [] },
    aside: async (work) => {
      const result = await work();
      await sleep(1100);
      return result;
    },
  });
  expect(world.steps.slice(0, 4)).toEqual(['begin', 'note creating', 'note creating', 'create']);
});

test('journals each step before the next one, and puts the secret in escrow first', async () => {
  const world = new FakeWorld();
  const [first, second] = [world.sink('file:a', true), world.sink('stdout')];
  const issued = await issue(world, [first, second]);
  expect(world.steps).toEqual([
    'check file:a',
    'check stdout',
    'begin',
    'note creating',
    'create',
    'hold',
    'note created',
    `mask ${fakeSecret}`,
    'note delivering',
    `deliver file:a ${fakeSecret}`,
    `read file:a`,
    'note delivered',
    'note delivering',
    `deliver stdout ${fakeSecret}`,
    'note delivered',
    'end',
  ]);
  expect(issued.key).toMatchObject({ id: 'new00001', name: 'ci' });
  expect(issued.delivered).toEqual([
    { sink: 'file:a', verified: true },
    { sink: 'stdout', verified: false },
  ]);
});

describe('if the answer does not identify the new key', () => {
  const named = key({ id: 'new00009', name: 'ci' });

  /** Issues a key whose id has to be found in a list. */
  function issueUntold(world: FakeWorld, list: () => Promise<Key[]>, escrow = true) {
    const backend = {
      ...world.backend(),
      list: async () => {
        world.take('list');
        return list();
      },
    };
    const create = async () => ({ secret: (await world.backend().create(spec())).secret });
    return issueKey({ ...backend, create }, spec(), {
      sinks: [world.sink('file:a', true)],
      known: [key({ id: 'old00001', name: 'ci' })],
      journal: world.journal({ escrow }),
      onSecret: async () => {},
    });
  }

  test('the secret is in escrow before any other call', async () => {
    const world = new FakeWorld();
    const issued = await issueUntold(world, async () => [named]);
    expect(issued.key.id).toBe('new00009');
    expect(world.steps.slice(2, 7)).toEqual(['note creating', 'create', 'hold', 'list', 'hold']);
  });

  test('it is delivered even if its key is unknown', async () => {
    const world = new FakeWorld();
    const issued = await issueUntold(world, async () => {
      throw full;
    });
    expect(issued.key).toEqual({ id: '', name: 'ci', status: 'unknown' });
    expect(world.steps).toContain(`deliver file:a ${fakeSecret}`);
    expect(world.steps.at(-1)).toBe('end');
  });

  test('a key that may be somebody else’s is not revoked if the secret cannot be delivered', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: full });
    const failure = await failureIn(issueUntold(world, async () => [named], false));
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
    expect(failure.message).toContain('is probably new00009, which was not revoked');
    expect(world.steps.filter((step) => step.startsWith('revoke'))).toEqual([]);
  });

  test('a key that shows the secret is revoked if the secret cannot be delivered', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: full });
    const proven = { ...named, prefix: fakeSecret.slice(0, 16) };
    const failure = await failureIn(issueUntold(world, async () => [proven], false));
    expect(failure).toMatchObject({ code: 'delivery_failed' });
    expect(world.steps).toContain('revoke new00009');
  });

  test('no key is revoked if the secret cannot be delivered', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: full });
    const failure = await failureIn(
      issueUntold(world, async () => [key({ id: 'old00001', name: 'ci' })], false),
    );
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
    expect(world.steps.filter((step) => step.startsWith('revoke'))).toEqual([]);
  });
});

test('each sink receives the list of earlier deliveries', async () => {
  const world = new FakeWorld();
  const [first, second] = [world.sink('file:a', true), world.sink('stdout')];
  await issue(world, [first, second]);
  expect([first.seen, second.seen]).toEqual([[[]], [[{ sink: 'file:a', verified: true }]]]);
});

describe('before there is a key', () => {
  test.each(['check file:a', 'check file:b', 'begin'])(
    'a failure at "%s" is rethrown, and no key is created',
    async (step) => {
      const world = new FakeWorld({ [step]: full });
      const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
      expect(failure).toBe(full.failure);
      expect(world.steps.at(-1)).toBe(step);
    },
  );

  test.each(['note creating', 'create'])(
    'a failure at "%s" ends the operation, and nothing is revoked',
    async (step) => {
      const world = new FakeWorld({ [step]: full });
      expect(await failureIn(issue(world, [world.sink('file:a')]))).toBe(full.failure);
      expect(world.steps.slice(-2)).toEqual([step, 'end']);
    },
  );
});

describe('a secret that cannot be delivered waits in escrow', () => {
  test.each([
    ['the masking fails', `mask ${fakeSecret}`, 'was not delivered: '],
    ['the journal cannot be written any more', 'note created', 'was not delivered: '],
    ['the first delivery fails', `deliver file:a ${fakeSecret}`, 'was not delivered to file:a: '],
    ['reading back fails', `read file:a`, 'was not delivered to file:a: '],
    [
      'the second delivery fails',
      `deliver file:b ${fakeSecret}`,
      'is in file:a, but was not delivered to file:b: ',
    ],
  ])('if %s', async (_, step, what) => {
    const world = new FakeWorld({ [step]: full });
    const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
    expect(failure).toMatchObject({
      exit: 'unfinished',
      code: 'in_escrow',
      message: `the secret of ci (new00001) ${what}the disk is full; it is in escrow (test escrow)`,
      hints: ['df -h', 'keys recover op000001'],
      operation: 'op000001',
    });
    expect(world.steps.slice(-3)).toEqual([step, 'note undelivered', 'leave']);
  });

  test('even if the failure cannot be journalled', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: full, 'note undelivered': full });
    expect(await failureIn(issue(world, [world.sink('file:a', true)]))).toMatchObject({ code: 'in_escrow' });
    expect(world.steps.at(-1)).toBe('leave');
  });

  test('and if the escrow fails, it is delivered anyway', async () => {
    const world = new FakeWorld({ hold: full });
    await issue(world, [world.sink('file:a', true)]);
    expect(world.steps).toContain(`deliver file:a ${fakeSecret}`);
    expect(world.steps.at(-1)).toBe('end');
  });

  test('or its key is revoked, if both the escrow and the sink fail', async () => {
    const world = new FakeWorld({ hold: full, [`deliver file:a ${fakeSecret}`]: full });
    expect(await failureIn(issue(world, [world.sink('file:a', true)]))).toMatchObject({
      exit: 'failed',
      code: 'delivery_failed',
    });
    expect(world.steps.slice(-2)).toEqual(['revoke new00001', 'end']);
  });
});

const doctor = 'set up an escrow to keep it next time: keys doctor';

describe('without an escrow, a key that no sink holds is revoked again', () => {
  test.each([
    ['the masking fails', `mask ${fakeSecret}`, ''],
    ['the first delivery fails', `deliver file:a ${fakeSecret}`, ' to file:a'],
    ['reading back fails', `read file:a`, ' to file:a'],
  ])('if %s', async (_, step, to) => {
    const world = new FakeWorld({ [step]: full });
    const failure = await failureIn(
      issueUnheld(world, [world.sink('file:a', true), world.sink('file:b', true)]),
    );
    expect(failure).toMatchObject({
      exit: 'failed',
      code: 'delivery_failed',
      message: `the secret was not delivered${to}: the disk is full; the new key new00001 was revoked`,
      hints: ['df -h', doctor],
    });
    expect(world.steps.slice(-3)).toEqual([step, 'revoke new00001', 'end']);
  });

  test('if the sink holds something else when read back', async () => {
    const world = new FakeWorld();
    const failure = await failureIn(
      issueUnheld(world, [world.sink('file:a', false), world.sink('file:b', true)]),
    );
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed' });
    expect(failure.message).toMatchInlineSnapshot(
      `"the secret was not delivered to file:a: what file:a holds is not the secret that was delivered; the new key new00001 was revoked"`,
    );
    expect(world.steps.slice(-3)).toEqual([`read file:a`, 'revoke new00001', 'end']);
  });

  test('after an unexpected failure', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: new TypeError('no such method') });
    const failure = await failureIn(issueUnheld(world, [world.sink('file:a', true)]));
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed', hints: [doctor] });
    expect(world.steps.at(-2)).toBe('revoke new00001');
  });
});

describe('without an escrow, a key is kept if a sink has its secret', () => {
  test.each([
    ['the second delivery fails', `deliver file:b ${fakeSecret}`],
    ['reading the second back fails', `read file:b`],
  ])('if %s', async (_, step) => {
    const world = new FakeWorld({ [step]: full });
    const failure = await failureIn(
      issueUnheld(world, [world.sink('file:a', true), world.sink('file:b', true)]),
    );
    expect(failure).toMatchObject({
      exit: 'unfinished',
      code: 'partly_delivered',
      message: 'the secret of ci (new00001) is in file:a but was not delivered to file:b: the disk is full',
      operation: 'op000001',
    });
    expect(failure.hints?.[0]).toBe('keys recover op000001');
    expect(world.steps.slice(-2)).toEqual(['note undelivered', 'leave']);
  });

  test('replacing an old key, whether the sink can be read or not', async () => {
    const world = new FakeWorld({ [`deliver file:b ${fakeSecret}`]: full });
    const sinks = [world.sink('exec:a'), world.sink('file:b', true)];
    const failure = await failureIn(rotateUnheld(world, sinks));
    expect(failure.message).toMatchInlineSnapshot(
      `"the secret of ci (new00001) is in exec:a but was not delivered to file:b: the disk is full"`,
    );
    expect(world.steps).not.toContain('revoke new00001');
  });

  test('replacing an old key, if a program was stopped before it reported whether it has the secret', async () => {
    const fault = new KeysError({ exit: 'failed', code: 'delivery_unclear', message: 'deliver hung' });
    const world = new FakeWorld({ [`deliver exec:a ${fakeSecret}`]: fault });
    expect(await failureIn(rotateUnheld(world, [world.sink('exec:a')]))).toMatchObject({
      exit: 'unfinished',
      code: 'delivery_unclear',
    });
    expect(world.steps).not.toContain('revoke new00001');
  });

  test('and if the delivery failed, but the sink holds it', async () => {
    const world = new FakeWorld();
    const place = world.sink('file:a', true);
    const sink: Sink = {
      ...place,
      read: async () => new Secret(fakeSecret),
      deliver: async () => {
        throw full;
      },
    };
    expect(await failureIn(issueUnheld(world, [sink]))).toMatchObject({ code: 'partly_delivered' });
    expect(world.steps).not.toContain('revoke new00001');
  });
});

test('a new key that can be neither delivered nor revoked stays in the journal (exit 5)', async () => {
  const world = new FakeWorld({
    [`deliver file:a ${fakeSecret}`]: full,
    'revoke new00001': new Error('the server is gone'),
  });
  expect(await failureIn(issueUnheld(world, [world.sink('file:a', true)]))).toMatchObject({
    exit: 'unfinished',
    code: 'orphan_key',
    message:
      'the secret was not delivered to file:a (the disk is full), and the new key new00001 could not be revoked',
    hints: ['keys recover op000001', 'keys revoke new00001 --yes'],
    operation: 'op000001',
  });
  expect(world.steps.at(-1)).toBe('leave');
});

test('no failure repeats the secret', async () => {
  const withIt = (step: string) => `${step} ${fakeSecret}`;
  for (const step of ['read file:a', ...['mask', 'deliver file:a', 'deliver file:b'].map(withIt)]) {
    for (const escrow of [true, false]) {
      const world = new FakeWorld({ [step]: full });
      const sinks = [world.sink('file:a', true), world.sink('file:b', true)];
      const failure = await failureIn(issue(world, sinks, { escrow }));
      expect(JSON.stringify(failure)).not.toContain(fakeSecret);
    }
  }
});

describe('an answer that names an existing active key', () => {
  const answering = (world: FakeWorld, id: string, keys: readonly Key[]) => ({
    ...world.backend(),
    list: async () => keys,
    create: async ({ name }: { name: string }) => {
      world.take('create');
      return { key: key({ id, name }), secret: new Secret(fakeSecret) };
    },
  });
  const old = key({ id: 'old00001', name: 'ci' });

  test('never causes that key to be revoked', async () => {
    const world = new FakeWorld({ [`deliver stdout ${fakeSecret}`]: full });
    const failure = await failureIn(
      issueKey(answering(world, old.id, [old]), spec(), {
        sinks: [world.sink('stdout')],
        known: [old],
        journal: world.journal({ escrow: false }),
        onSecret: async () => {},
      }),
    );
    expect(failure).toMatchObject({ exit: 'unfinished', code: 'orphan_key' });
    expect(world.steps.filter((step) => step.startsWith('revoke'))).toEqual([]);
  });

  test('is corrected to the new key if that is listed', async () => {
    const world = new FakeWorld();
    const fresh = key({ id: 'new00002', name: 'ci' });
    const issued = await issueKey(answering(world, old.id, [old, fresh]), spec(), {
      sinks: [world.sink('stdout')],
      known: [old],
      journal: world.journal(),
      onSecret: async () => {},
    });
    expect(issued.key.id).toBe('new00002');
  });

  test('is believed if that key is being replaced', async () => {
    const world = new FakeWorld();
    const operation = await world.journal().begin({
      kind: 'rotate',
      name: 'ci',
      sinks: ['stdout'],
      known: [old.id],
      replaces: { id: old.id, grace: 0 },
    });
    const issued = await createAndDeliver(answering(world, old.id, [old]), spec(), operation, {
      subject: { ...keySubject, kind: 'rotate' },
      sinks: [world.sink('stdout')],
      onSecret: async () => {},
      before: { keys: [old] },
    });
    expect(issued.key.id).toBe(old.id);
  });

  test('is believed if that key has ended: some ids are reused', async () => {
    const world = new FakeWorld();
    const issued = await issueKey(answering(world, old.id, []), spec(), {
      sinks: [world.sink('stdout')],
      known: [{ ...old, status: 'revoked' }],
      journal: world.journal(),
      onSecret: async () => {},
    });
    expect(issued.key.id).toBe(old.id);
  });
});
