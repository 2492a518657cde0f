import { describe, expect, test } from 'vitest';
import { KeysError } from '../../../src/base/errors.ts';
import type { Key } from '../../../src/keys/key.ts';
import { issueKey } from '../../../src/keys/operations/issue.ts';
import { certainlyNotCreated } from '../../../src/keys/operations/lost-reply.ts';
import type { KeyBackend } from '../../../src/keys/ports.ts';
import { spec } from '../../support/authority.ts';
import { failureIn } from '../../support/failure.ts';
import { FakeWorld } from '../../support/fake-backend.ts';
import { key } from '../../support/key.ts';

const replyLost = new KeysError({ exit: 'network', code: 'reply_lost', message: 'the reply was lost' });
const old = key({ id: 'old00001', name: 'ci' });
const made = key({ id: 'new00001', name: 'ci' });

function broken(httpStatus: number): KeysError {
  return new KeysError({ exit: 'network', code: 'server_failed', message: 'oops', httpStatus });
}

/** The failure of a create if these keys are listed afterwards; undefined: the API cannot be reached. */
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
    issueKey(backend, spec(), {
      sinks: [],
      known: [old],
      journal: world.journal(),
      onSecret: async () => {},
    }),
  );
  return { failure, steps: world.steps };
}

test('a lost reply names the new key, revokes none, and leaves the operation open', async () => {
  const { failure, steps } = await reported([old, made, key({ id: 'other001', name: 'x' })]);
  expect(failure).toMatchObject({
    exit: 'unfinished',
    code: 'reply_lost',
    message: 'the reply was lost; the secret of the new key is lost: new00001',
    hints: ['keys recover op000001'],
    operation: 'op000001',
  });
  expect(steps).toEqual(['begin', 'note creating', 'create', 'note lost', 'leave']);
});

test('a response that names the key but lacks its secret is reported once', async () => {
  const message = 'a key named ci (new00001) was created, but its secret is lost';
  const orphan = new KeysError({ code: 'orphan_key', message });
  const { failure } = await reported([old, made], orphan);
  expect(failure).toMatchObject({ code: 'reply_lost', message, hints: ['keys recover op000001'] });
});

test.each([
  ['no new key is listed yet', [old]],
  ['the API cannot be reached', undefined],
])('it also stays open if %s', async (_, after) => {
  const { failure, steps } = await reported(after);
  expect(failure).toMatchObject({
    exit: 'unfinished',
    code: 'reply_lost',
    message: 'the reply was lost; a key named ci may have been created',
  });
  expect(steps.at(-1)).toBe('leave');
});

describe('a server error', () => {
  test.each([500, 501, 503])('with %i means no key if the list has no new one', async (status) => {
    const { failure, steps } = await reported([old], broken(status));
    expect(failure).toMatchObject({ exit: 'network', code: 'server_failed', httpStatus: status });
    expect(steps.at(-1)).toBe('end');
  });

  test.each([502, 504])('of %i may come from a proxy while the server is still working', async (status) => {
    expect((await reported([old], broken(status))).failure.exit).toBe('unfinished');
  });

  test('is not believed if there is a new key, or no list', async () => {
    expect((await reported([old, made], broken(500))).failure.exit).toBe('unfinished');
    expect((await reported(undefined, broken(500))).failure.exit).toBe('unfinished');
  });
});

describe('whether an error says that nothing was created', () => {
  test.each([
    ['a conflict', { exit: 'limit', code: 'conflict', httpStatus: 409 }, true],
    ['a session that has expired', { exit: 'auth', code: 'not_logged_in', httpStatus: 401 }, true],
    ['a refusal', { exit: 'failed', code: 'rejected', httpStatus: 422 }, true],
    ['no connection', { exit: 'network', code: 'connection_failed' }, true],
    ['a database that is busy', { exit: 'failed', code: 'authority_busy' }, true],
    ['an answer that cannot be read', { exit: 'network', code: 'unexpected_answer' }, false],
    ['a page for people', { exit: 'network', code: 'not_json' }, false],
    ['an answer without the secret', { exit: 'unfinished', code: 'orphan_key' }, false],
    ['a lost reply', { exit: 'network', code: 'reply_lost' }, false],
  ] as const)('%s', (_, failure, expected) => {
    expect(certainlyNotCreated(new KeysError({ message: 'x', ...failure }))).toBe(expected);
  });

  test('a bug leaves it open', () => {
    expect(certainlyNotCreated(new TypeError('x'))).toBe(false);
  });
});
