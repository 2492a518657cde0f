import { describe, expect, test } from 'vitest';
import { KeysError } from '../../src/errors.ts';
import { issueKey } from '../../src/lifecycle/issue.ts';
import type { Key } from '../../src/lifecycle/key.ts';
import type { KeyBackend, Sink } from '../../src/lifecycle/ports.ts';
import type { Secret } from '../../src/secret.ts';
import { spec } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import { FakeWorld, fakeSecret } from '../support/fake-backend.ts';
import { key } from '../support/key.ts';

const full = new KeysError({
  exit: 'failed',
  code: 'file_not_written',
  message: 'the disk is full',
  hints: ['df -h'],
});

/** Issues a key to these sinks. */
function issue(world: FakeWorld, sinks: readonly Sink[]) {
  const onSecret = async (secret: Secret) => world.take(`mask ${secret.reveal()}`);
  return issueKey(world.backend(), spec(), { sinks, known: [], onSecret });
}

test('checks every sink, creates, masks, then delivers to each in order and reads it back', async () => {
  const world = new FakeWorld();
  const [first, second] = [world.sink('file:a', true), world.sink('stdout')];
  const issued = await issue(world, [first, second]);
  expect(world.steps).toEqual([
    'check file:a',
    'check stdout',
    'create',
    `mask ${fakeSecret}`,
    `deliver file:a ${fakeSecret}`,
    `read file:a ${fakeSecret}`,
    `deliver stdout ${fakeSecret}`,
  ]);
  expect(issued.key).toMatchObject({ id: 'new00001', name: 'ci' });
  expect(issued.delivered).toEqual([
    { sink: 'file:a', verified: true },
    { sink: 'stdout', verified: false },
  ]);
});

test('each sink is told who has the secret already', async () => {
  const world = new FakeWorld();
  const [first, second] = [world.sink('file:a', true), world.sink('stdout')];
  await issue(world, [first, second]);
  expect([first.seen, second.seen]).toEqual([[[]], [[{ sink: 'file:a', verified: true }]]]);
});

describe('before there is a key', () => {
  test.each(['check file:a', 'check file:b'])(
    'a failure at "%s" is passed on, and no key is made',
    async (step) => {
      const world = new FakeWorld({ [step]: full });
      const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
      expect(failure).toBe(full.failure);
      expect(world.steps.at(-1)).toBe(step);
      expect(world.steps).not.toContain('create');
    },
  );

  test('a failure of the API is passed on, and nothing is revoked', async () => {
    const world = new FakeWorld({ create: full });
    expect(await failureIn(issue(world, [world.sink('file:a')]))).toBe(full.failure);
    expect(world.steps).toEqual(['check file:a', 'create']);
  });
});

describe('a key that no sink holds is revoked again', () => {
  test.each([
    ['the masking fails', `mask ${fakeSecret}`, ''],
    ['the first delivery fails', `deliver file:a ${fakeSecret}`, ' to file:a'],
    ['reading back fails', `read file:a ${fakeSecret}`, ' to file:a'],
  ])('when %s', async (_, step, to) => {
    const world = new FakeWorld({ [step]: full });
    const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
    expect(failure).toMatchObject({
      exit: 'failed',
      code: 'delivery_failed',
      message: `the secret was not delivered${to}: the disk is full; the new key new00001 was revoked again`,
      hints: ['df -h'],
    });
    expect(world.steps.slice(-2)).toEqual([step, 'revoke new00001']);
  });

  test('when what was read back is something else', async () => {
    const world = new FakeWorld();
    const failure = await failureIn(issue(world, [world.sink('file:a', false), world.sink('file:b', true)]));
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed' });
    expect(failure.message).toContain('what file:a holds is not the secret that was delivered');
    expect(world.steps.slice(-2)).toEqual([`read file:a ${fakeSecret}`, 'revoke new00001']);
  });

  test('when the only sink that has it cannot be read', async () => {
    const world = new FakeWorld({ [`deliver file:b ${fakeSecret}`]: full });
    const failure = await failureIn(issue(world, [world.sink('clipboard'), world.sink('file:b', true)]));
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed' });
    expect(world.steps.at(-1)).toBe('revoke new00001');
  });

  test('when something fails that nobody expected', async () => {
    const world = new FakeWorld({ [`deliver file:a ${fakeSecret}`]: new TypeError('no such method') });
    const failure = await failureIn(issue(world, [world.sink('file:a', true)]));
    expect(failure).toMatchObject({ exit: 'failed', code: 'delivery_failed', hints: [] });
    expect(world.steps.at(-1)).toBe('revoke new00001');
  });
});

describe('a key that a sink can be shown to hold is kept', () => {
  test.each([
    ['the second delivery fails', `deliver file:b ${fakeSecret}`],
    ['reading the second back fails', `read file:b ${fakeSecret}`],
  ])('when %s', async (_, step) => {
    const world = new FakeWorld({ [step]: full });
    const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
    expect(failure).toMatchObject({
      exit: 'unfinished',
      code: 'partly_delivered',
      message: 'the secret of ci (new00001) is in file:a but was not delivered to file:b: the disk is full',
    });
    expect(failure.hints?.[0]).toBe('keys revoke new00001 --yes');
    expect(world.steps.at(-1)).toBe(step);
  });

  test('and sinks that cannot be read are not named as holders', async () => {
    const world = new FakeWorld({ [`deliver file:c ${fakeSecret}`]: full });
    const sinks = [world.sink('clipboard'), world.sink('file:b', true), world.sink('file:c', true)];
    const failure = await failureIn(issue(world, sinks));
    expect(failure.message).toContain('is in file:b but was not delivered to file:c');
    expect(world.steps).not.toContain('revoke new00001');
  });
});

test('a new key that can be neither delivered nor revoked is reported by its id (exit 5)', async () => {
  const world = new FakeWorld({
    [`deliver file:a ${fakeSecret}`]: full,
    'revoke new00001': new Error('the server is gone'),
  });
  expect(await failureIn(issue(world, [world.sink('file:a', true)]))).toMatchObject({
    exit: 'unfinished',
    code: 'orphan_key',
    message:
      'the secret was not delivered to file:a (the disk is full), and the new key new00001 could not be revoked',
    hints: ['keys revoke new00001 --yes'],
  });
});

test('no failure repeats the secret', async () => {
  for (const step of ['mask', 'deliver file:a', 'read file:a', 'deliver file:b']) {
    const world = new FakeWorld({ [`${step} ${fakeSecret}`]: full });
    const failure = await failureIn(issue(world, [world.sink('file:a', true), world.sink('file:b', true)]));
    expect(JSON.stringify(failure)).not.toContain(fakeSecret);
  }
});

describe('a create whose reply was lost', () => {
  const replyLost = new KeysError({ exit: 'network', code: 'reply_lost', message: 'the reply was lost' });
  const old = key({ id: 'old00001', name: 'ci' });

  /** What is reported where these keys are listed afterwards; undefined: the list fails as well. */
  async function reported(after: Key[] | undefined, error: Error = replyLost) {
    const world = new FakeWorld({ create: error });
    const backend: KeyBackend = {
      ...world.backend(),
      list: async () => {
        if (!after) throw replyLost;
        return after;
      },
    };
    const failure = await failureIn(
      issueKey(backend, spec(), { sinks: [], known: [old], onSecret: async () => {} }),
    );
    return { failure, steps: world.steps };
  }

  test('names the key that it made, and ends none', async () => {
    const { failure, steps } = await reported([
      old,
      key({ id: 'new00001', name: 'ci' }),
      key({ id: 'other001', name: 'x' }),
    ]);
    expect(failure).toMatchObject({
      exit: 'unfinished',
      code: 'reply_lost',
      hints: ['keys revoke new00001 --yes'],
    });
    expect(steps).toEqual(['create']);
  });

  test('says so where no new key is listed', async () => {
    const { failure } = await reported([old]);
    expect(failure).toMatchObject({
      exit: 'network',
      message: 'the reply was lost; no new key of that name is listed',
    });
  });

  test('is unfinished where nobody can be asked', async () => {
    expect((await reported(undefined)).failure).toMatchObject({ exit: 'unfinished', hints: ['keys list'] });
  });

  test('is looked for after a failure of the server too, and not after a refusal', async () => {
    const made = [old, key({ id: 'new00001', name: 'ci' })];
    const broken = new KeysError({
      exit: 'network',
      code: 'server_failed',
      message: 'oops',
      httpStatus: 500,
    });
    expect((await reported(made, broken)).failure.exit).toBe('unfinished');
    const refused = new KeysError({ exit: 'limit', code: 'conflict', message: 'no', httpStatus: 409 });
    expect((await reported(made, refused)).failure).toMatchObject({ exit: 'limit', code: 'conflict' });
  });
});
