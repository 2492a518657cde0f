import { describe, expect, test } from 'vitest';
import { betterAuth } from '../../src/providers/built-in/better-auth.ts';
import { unreal } from '../../src/providers/built-in/unreal.ts';
import type { Provider } from '../../src/providers/declaration/provider.ts';
import type { RemoteBackend } from '../../src/remote/remote-backend.ts';
import { spec } from '../support/authority.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer } from '../support/fault-server.ts';
import { FaultServer, json, resetBeforeReply, text } from '../support/fault-server.ts';
import { key } from '../support/key.ts';
import { remoteOf } from './remote-of.ts';

/* Servers that refuse with a success status, or explain failures in their own form. */

async function started(provider: Provider, ...script: [route: string, ...answers: Answer[]][]) {
  const server = await FaultServer.start();
  for (const [route, ...answers] of script) server.on(route, ...answers);
  return { server, ...remoteOf(provider, server) };
}

const refusals: [what: string, body: unknown][] = [
  ['the errors of GraphQL', { errors: [{ message: 'not yours' }] }],
  ['the errors of GraphQL beside data', { data: { revokeKey: null }, errors: [{ message: 'not yours' }] }],
  ['success: false', { success: false, message: 'not yours' }],
  ['success: "false"', { success: 'false', message: 'not yours' }],
  ['ok: false', { ok: false, error: 'not yours' }],
  ['an error', { error: { message: 'not yours' } }],
  ['an error in a word', { error: 'not yours' }],
  ['errors by field', { errors: { key: ['not yours'] } }],
  ['a status of JSend', { status: 'fail', message: 'not yours' }],
  ['an error that is true', { error: true, message: 'not yours' }],
];

/** Forms that leave a revocation open: the key is looked up. */
const rareRefusals: [what: string, body: unknown][] = [
  ['a status of HTTP', { status: 403, message: 'not yours' }],
  ['a status of HTTP in a text', { statusCode: '403', message: 'not yours' }],
  ['an error code', { error_code: 7, message: 'not yours' }],
  ['an error code in a word', { errorCode: 'E_DENIED', message: 'not yours' }],
  ['names in capitals', { Success: false, Message: 'x', message: 'not yours' }],
  ['success: "no"', { success: 'no', message: 'not yours' }],
  ['a result in a word', { result: 'Failed', message: 'not yours' }],
  ['a status in a word', { status: 'denied', message: 'not yours' }],
  ['isError', { is_error: 1, message: 'not yours' }],
];

describe.each([...rareRefusals])('an HTTP 200 with %s', (_, body) => {
  test('is neither a change, nor a key, nor a list', async () => {
    const { backend } = await started(
      unreal,
      ['POST /v1/keys', json(200, body)],
      ['GET /v1/keys', json(200, { keys: [], ...(body as object) })],
    );
    for (const work of [() => backend.create(spec()), () => backend.list()]) {
      const failure = await failureIn(work());
      expect(['rejected', 'forbidden']).toContain(failure.code);
      expect(failure.message).toContain('not yours');
    }
    const changing = await started(betterAuth, ['POST /api-key/update', json(200, body)]);
    expect((await failureIn(changing.backend.update('k1', { name: 'web' }))).message).toContain('not yours');
  });

  test('is no revocation of a key that is still there', async () => {
    const { backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', json(200, body)],
      ['GET /v1/keys/h1', json(200, { hash: 'h1', name: 'ci' })],
    );
    expect(await failureIn(backend.revoke('h1'))).toMatchObject({ code: 'not_revoked' });
  });
});

test('a problem (RFC 9457) in an HTTP 200 is a refusal', async () => {
  const problem = text(
    200,
    JSON.stringify({ type: 'about:blank', title: 'Forbidden', detail: 'not yours' }),
    {
      'content-type': 'application/problem+json',
    },
  );
  const { backend } = await started(unreal, ['POST /v1/keys', problem]);
  expect((await failureIn(backend.create(spec()))).message).toBe(
    'the API refused the request: not yours (about:blank)',
  );
});

test('a new key without a secret comes with the reason of the API', async () => {
  const { backend } = await started(unreal, [
    'POST /v1/keys',
    json(200, { code: 40001, data: null, msg: 'not yours' }),
  ]);
  expect(await failureIn(backend.create(spec()))).toMatchObject({
    exit: 'network',
    message: 'the response has no secret, not yours',
  });
});

test('a refusal in an unknown form is quoted in brief, without what may be a secret', async () => {
  const fault = { fault: { text: 'the plan is too small', token: 'abcdefghEXAMPLE', limit: 5 } };
  const { backend } = await started(betterAuth, ['POST /api-key/update', json(400, fault)]);
  expect((await failureIn(backend.update('k1', { name: 'web' }))).message).toBe(
    'the API rejected the request: text the plan is too small; limit 5',
  );
});

test('null is not a reason', async () => {
  const { backend } = await started(unreal, ['POST /v1/keys', json(200, null)]);
  expect((await failureIn(backend.create(spec()))).message).not.toContain('null');
});

describe('a key that is to be disabled', () => {
  const { createdAt } = betterAuth.key;
  const shown = (enabled: boolean) => json(200, { id: 'k1', name: 'ci', enabled, createdAt });

  test.each([
    [{}, ''],
    [{ errors: {} }, ''],
    [{ error: null }, ''],
    [{ code: 0 }, '; it answered: 0'],
    [{ code: 40001, msg: 'no' }, '; it answered: no'],
    [
      { info: { why: 'the plan is too small', limit: 5 } },
      '; it answered: why the plan is too small; limit 5',
    ],
    [{ apiKey: 'abcdefghEXAMPLE', done: 'later' }, '; it answered: done later'],
    [[], ''],
    ['failed', '; it answered: failed'],
    [false, '; it answered: false'],
  ])('and is still active is not disabled, whatever the answer is: %j', async (body, answer) => {
    const { backend } = await started(
      betterAuth,
      ['POST /api-key/update', json(200, body)],
      ['GET /api-key/get', shown(true)],
    );
    expect((await failureIn(backend.update('k1', { disabled: true }))).message).toBe(
      `the API accepted the call, but still reports the key k1 as active${answer}`,
    );
  });

  test('or enabled is so once the API shows it', async () => {
    const { backend } = await started(
      betterAuth,
      ['POST /api-key/update', json(200, {}), json(200, {}), json(200, {})],
      ['GET /api-key/get', shown(false), shown(true), shown(false)],
    );
    expect(await backend.update('k1', { disabled: true })).toMatchObject({ status: 'disabled' });
    expect(await backend.update('k1', { disabled: false })).toMatchObject({ status: 'active' });
    expect(await failureIn(backend.update('k1', { disabled: false }))).toMatchObject({ code: 'rejected' });
  });
});

describe.each(refusals)('an HTTP 200 with %s', (_, body) => {
  const refused = { exit: 'failed', code: 'rejected', httpStatus: 200 };

  test('does not count as a revocation', async () => {
    const { backend } = await started(unreal, ['DELETE /v1/keys/h1', json(200, body)]);
    const failure = await failureIn(backend.revoke('h1'));
    expect(failure).toMatchObject(refused);
    expect(failure.message).toContain('not yours');
  });

  test('does not count as a change', async () => {
    const { backend } = await started(betterAuth, ['POST /api-key/update', json(200, body)]);
    expect(await failureIn(backend.update('k1', { name: 'web' }))).toMatchObject(refused);
  });

  test('is neither a new key nor a lost reply', async () => {
    const { backend } = await started(unreal, ['POST /v1/keys', json(200, body)]);
    expect(await failureIn(backend.create(spec()))).toMatchObject(refused);
  });

  test('is not a list, not even an empty one', async () => {
    const answer = { keys: [], ...(body as object) };
    const { backend } = await started(unreal, ['GET /v1/keys', json(200, answer)]);
    expect(await failureIn(backend.list())).toMatchObject(refused);
  });
});

test.each([
  ['an empty list of errors', { success: true, errors: [], messages: [], result: {} }],
  ['no error', { error: null, ok: true }],
  ['a word', 'deleted'],
  ['a key that has an error of its own', { name: 'ci', hash: 'h1', status: 'active' }],
])('%s is a success', async (_, body) => {
  const { backend } = await started(unreal, ['DELETE /v1/keys/h1', json(200, body)]);
  expect(await backend.revoke('h1')).toBe(true);
});

test('a field of the key itself is not a refusal', async () => {
  const key = { name: 'ci', hash: 'h1', error: 'last use failed', status: 'error' };
  const { backend } = await started(unreal, ['GET /v1/keys/h1', json(200, key)]);
  expect(await backend.get('h1')).toMatchObject({ id: 'h1' });
});

test('a new secret is kept, whatever comes with it', async () => {
  const answer = { hash: 'h1', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE', errors: [{ message: 'quota is low' }] };
  const { backend } = await started(unreal, ['POST /v1/keys', json(200, answer)]);
  expect((await backend.create(spec())).secret.reveal()).toBe(answer.key);
});

test.each(['text/html; charset=utf-8', 'text/plain'])(
  'a new secret is kept even if its JSON is declared as %s',
  async (type) => {
    const answer = JSON.stringify({ hash: 'h1', name: 'ci', key: 'sk-a1b2c3d4e5f6g7h8EXAMPLE' });
    const { backend } = await started(unreal, ['POST /v1/keys', text(200, answer, { 'content-type': type })]);
    expect(await backend.create(spec())).toMatchObject({ key: { id: 'h1' } });
  },
);

test.each([
  [401, { error: { code: 401, message: 'who?' } }, { exit: 'auth', code: 'not_logged_in' }],
  [429, { errors: [{ message: 'slow', extensions: { code: 'RATE_LIMITED' } }] }, { code: 'rate_limited' }],
  [409, { success: false, code: 'CONFLICT' }, { exit: 'limit', code: 'conflict' }],
  [503, { success: false, statusCode: 503 }, { exit: 'network', code: 'server_failed' }],
])('a refusal in an HTTP 200 fails like HTTP %i', async (_, body, failure) => {
  const { backend } = await started(unreal, ['POST /v1/keys', json(200, body)]);
  expect(await failureIn(backend.create(spec()))).toMatchObject(failure);
});

describe('the rules of a declaration', () => {
  const strict: Provider = { ...unreal, ok: { at: 'code', is: 0 } };

  test('define a success, and replace the common forms', async () => {
    const { backend } = await started(
      strict,
      ['DELETE /v1/keys/h1', json(200, { code: '0', error: 'none' })],
      ['DELETE /v1/keys/h2', json(200, { code: 40001, msg: 'not yours' })],
    );
    expect(await backend.revoke('h1')).toBe(true);
    expect((await failureIn(backend.revoke('h2'))).message).toMatchInlineSnapshot(
      `"the API refused the request: not yours (40001)"`,
    );
  });

  test('define a refusal, also for a single call', async () => {
    const provider: Provider = {
      ...unreal,
      revoke: { ...unreal.revoke, error: { at: 'result', is: ['denied', 'locked'] } },
    };
    const { backend } = await started(provider, ['DELETE /v1/keys/h1', json(200, { result: 'locked' })]);
    expect(await failureIn(backend.revoke('h1'))).toMatchObject({ code: 'rejected' });
  });
});

describe('an HTTP 200 without content', () => {
  test.each([null, { data: null }, { data: null, meta: {} }])('%j is not a key', async (body) => {
    const { backend } = await started(
      betterAuth,
      ['GET /api-key/get', json(200, body)],
      ['POST /api-key/update', json(200, body)],
    );
    expect(await backend.get('k1')).toBeUndefined();
    expect(await failureIn(backend.update('k1', { name: 'web' }))).toMatchObject({ exit: 'notFound' });
  });

  test('is a revocation only if the key is gone', async () => {
    const alive = json(200, { hash: 'h1', name: 'ci' });
    const { backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', json(200, { data: null }), json(200, { data: null })],
      ['GET /v1/keys/h1', alive, json(404, {})],
    );
    expect(await failureIn(backend.revoke('h1'))).toMatchObject({ exit: 'failed', code: 'not_revoked' });
    expect(await backend.revoke('h1')).toBe(true);
  });

  test('leaves open whether a key was created', async () => {
    const { backend } = await started(unreal, ['POST /v1/keys', json(200, { data: null })]);
    expect(await failureIn(backend.create(spec()))).toMatchObject({ exit: 'network' });
  });
});

describe('a revocation without a clear answer', () => {
  const gateway = json(504, { message: 'upstream timed out' });

  test.each([
    ['a gateway that gave up', gateway],
    ['a lost connection', resetBeforeReply],
  ])('after %s succeeds if the key is gone', async (_, answer) => {
    const { backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', answer],
      ['GET /v1/keys/h1', json(404, {})],
    );
    expect(await backend.revoke('h1')).toBe(true);
  });

  test('fails if the key still exists', async () => {
    const alive = json(200, { hash: 'h1', name: 'ci' });
    const { backend } = await started(unreal, ['DELETE /v1/keys/h1', gateway], ['GET /v1/keys/h1', alive]);
    const failure = await failureIn(backend.revoke('h1'));
    expect(failure).toMatchObject({ exit: 'network', httpStatus: 504 });
    expect(failure.message).toMatchInlineSnapshot(
      `"the API answered with HTTP status 504: upstream timed out; the key h1 still exists"`,
    );
  });

  test('by 404 succeeds if the key is gone, and fails if it is not', async () => {
    const alive = json(200, { hash: 'h1', name: 'ci' });
    const nowhere = text(404, 'no such route');
    const { backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', nowhere, nowhere],
      ['GET /v1/keys/h1', alive, json(404, {})],
    );
    const failure = await failureIn(backend.revoke('h1'));
    expect(failure).toMatchObject({ exit: 'failed', code: 'not_revoked' });
    expect(failure.message).toMatchInlineSnapshot(
      `"the API answered 404, no such route, and still has the key h1"`,
    );
    expect(await backend.revoke('h1')).toBe(false);
  });
});

describe('a 404 about a key that is listed', () => {
  const nowhere = json(404, { error: { message: 'Project Not Found' } });
  const rotating: Provider = { ...unreal, rotate: { post: '/v1/keys/{id}/roll', secret: 'key' } };

  test('is no revocation, even if the call that shows a key fails in the same way', async () => {
    const { backend } = await started(
      unreal,
      ['GET /v1/keys', json(200, { keys: [{ hash: 'h1', name: 'ci' }] }), json(200, { keys: [] })],
      ['DELETE /v1/keys/h1', nowhere],
      ['GET /v1/keys/h1', nowhere],
    );
    await backend.list();
    expect(await backend.revoke('h1')).toBe(false);
  });

  test('is reported with its reason', async () => {
    const { server, backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', nowhere],
      ['GET /v1/keys/h1', nowhere],
    );
    server.always('GET /v1/keys', json(200, { keys: [{ hash: 'h1', name: 'ci' }] }));
    await backend.list();
    expect((await failureIn(backend.revoke('h1'))).message).toBe(
      'the API answered 404, Project Not Found, and still has the key h1',
    );
  });

  test.each<[what: string, provider: Provider, route: string, work: (backend: RemoteBackend) => unknown]>([
    ['a change', betterAuth, 'POST /api-key/update', (backend) => backend.update('k1', { name: 'web' })],
    ['disabling', betterAuth, 'POST /api-key/update', (backend) => backend.update('k1', { disabled: true })],
    [
      'a rotation',
      rotating,
      'POST /v1/keys/k1/roll',
      (backend) => backend.rotateInPlace?.(key({ id: 'k1' }), { graceSeconds: 1 }),
    ],
  ])('explains why %s failed', async (_, provider, route, work) => {
    const { backend } = await started(provider, [route, nowhere]);
    expect((await failureIn(Promise.resolve(work(backend)))).message).toBe(
      "the API has no key 'k1': Project Not Found",
    );
  });
});

test('the reason of an answer that leaves a revocation open is reported', async () => {
  const { backend } = await started(
    unreal,
    ['DELETE /v1/keys/h1', json(200, { code: 40001, msg: 'not yours' })],
    ['GET /v1/keys/h1', json(200, { hash: 'h1', name: 'ci' })],
  );
  expect((await failureIn(backend.revoke('h1'))).message).toBe(
    'the API did not confirm that it revoked, and still has, the key h1: not yours',
  );
});

describe('the reason of a failure', () => {
  test.each([
    ['a plain text', text(400, 'name is taken\n', { 'content-type': 'text/plain' })],
    ['a plain text that is called HTML', text(400, 'name is taken', { 'content-type': 'text/html' })],
    ['a text without a type', text(400, '  name\tis taken  ')],
    [
      'JSON that is called a text',
      text(400, '{"message":"name is taken"}', { 'content-type': 'text/plain' }),
    ],
    ['a list of problems', json(400, { detail: [{ loc: ['body'], msg: 'name is taken' }] })],
  ])('is reported if it is %s', async (_, answer) => {
    const { backend } = await started(unreal, ['POST /v1/keys', answer]);
    expect((await failureIn(backend.create(spec()))).message).toBe(
      'the API rejected the request: name is taken',
    );
  });

  test('is neither a web page nor a long text', async () => {
    const page = text(400, '<html><body>name is taken</body></html>', { 'content-type': 'text/html' });
    const { backend } = await started(unreal, ['POST /v1/keys', page, text(400, 'x'.repeat(100_000))]);
    expect((await failureIn(backend.create(spec()))).message).not.toContain('taken');
    expect((await failureIn(backend.create(spec()))).message.length).toBeLessThan(400);
  });

  test.each([
    [{ status: { message: 'Project Not Found' } }],
    [{ fault: { faultstring: 'Project Not Found' } }],
    [{ Message: 'Project Not Found' }],
    ['Project Not Found'],
    [['Project Not Found']],
    [{ error: { errors: [{ text: 'Project Not Found' }] } }],
  ])('is reported for a 404 in whatever form: %j', async (body) => {
    const { backend, server } = await started(unreal);
    server.always('POST /v1/keys', json(404, body)).always('GET /v1/keys', json(404, body));
    expect((await failureIn(backend.create(spec()))).message).toContain('Project Not Found');
    expect((await failureIn(backend.list())).message).toContain('Project Not Found');
  });

  test('is reported for a missing URL, with the settings of the profile', async () => {
    const provider: Provider = {
      ...unreal,
      options: { project: { help: 'the project' } },
      list: { get: '/p/{option.project}/keys', items: 'keys' },
    };
    const server = await FaultServer.start();
    server.on('GET /p/nope/keys', text(404, 'Project Not Found'));
    const { backend } = remoteOf(provider, server, { project: 'nope' });
    const failure = await failureIn(backend.list());
    expect(failure).toMatchObject({ exit: 'network', code: 'not_this_api' });
    expect(failure.message).toBe(
      `the API answered 404, Project Not Found, at ${server.origin}/ with --option project=nope`,
    );
  });

  test('includes when to try again', async () => {
    const busy = (headers: Record<string, string>) => json(429, { message: 'slow down' }, headers);
    const { backend } = await started(unreal, [
      'POST /v1/keys',
      busy({ 'x-retry-after': '3600' }),
      ...Array.from({ length: 4 }, () => busy({})),
      ...Array.from({ length: 4 }, () => busy({ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' })),
    ]);
    expect((await failureIn(backend.create(spec()))).hints).toMatchInlineSnapshot(`
      [
        "run the command again in 60 min",
      ]
    `);
    expect((await failureIn(backend.create(spec()))).hints).toMatchInlineSnapshot(`
      [
        "the API gives no time: wait a minute or more, then run the command again",
      ]
    `);
    const past = await failureIn(backend.create(spec()));
    expect(past.hints?.join()).toContain('the API gives no time');
  });
});

test('a refused password is not reported as a session token', async () => {
  const { npm } = await import('../../src/providers/built-in/npm.ts');
  const { backend } = await started(
    npm,
    ['POST /-/npm/v1/tokens', json(401, { error: 'bad password' }), json(401, { error: 'bad password' })],
    ['GET /-/npm/v1/tokens', json(200, { objects: [], urls: {} })],
  );
  const unsure = await failureIn(backend.create(spec()));
  expect(unsure).toMatchObject({ exit: 'auth', code: 'secret_refused' });
  expect(unsure.message).toMatchInlineSnapshot(
    `"the API does not accept the password or the session token: bad password"`,
  );
  await backend.list();
  const sure = await failureIn(backend.create(spec()));
  expect(sure.message).toMatchInlineSnapshot(`"the API does not accept the password: bad password"`);
  expect(sure.hints).toMatchInlineSnapshot(`
    [
      "check the password (KEYS_PASSWORD)",
    ]
  `);
});

describe('an inconclusive revocation', () => {
  const live = { hash: 'h1', name: 'ci', created: 1694268762 };
  const answers: [what: string, answer: Answer][] = [
    ['a status in the body', json(200, { status: 403, message: 'denied' })],
    ['a code in the body', json(200, { code: 403 })],
    ['a code in a word', json(200, { code: 'FORBIDDEN' })],
    ['an error in capitals', json(200, { Error: { Message: 'not yours' } })],
    ['success: "no"', json(200, { success: 'no' })],
    ['a result in a word', json(200, { result: 'failure' })],
    ['nothing deleted', json(200, { deleted: 0 })],
    ['deleted: "false"', json(200, { deleted: 'false' })],
    ['deleted: false, further down', json(200, { data: { deleted: false } })],
    ['a count of nothing', json(200, { deletedCount: 0 })],
    ['a list with an error', json(200, [{ error: 'not yours' }])],
    ['a message', json(200, { message: 'you cannot do this' })],
    ['false', json(200, false)],
    ['a plain text', text(200, 'error: not allowed', { 'content-type': 'text/plain' })],
    ['a promise', json(202, { message: 'we look into it' })],
    ['a part', text(206, '')],
  ];

  test.each(answers)('with %s fails if the key still exists', async (_, answer) => {
    const { backend, server } = await started(unreal, ['DELETE /v1/keys/h1', answer]);
    server.always('GET /v1/keys/h1', json(200, live));
    expect(await failureIn(backend.revoke('h1'))).toMatchObject({ code: 'not_revoked' });
  });

  test.each(answers)('with %s succeeds if the key is gone', async (_, answer) => {
    const { backend } = await started(
      unreal,
      ['DELETE /v1/keys/h1', answer],
      ['GET /v1/keys/h1', json(404, {})],
    );
    expect(await backend.revoke('h1')).toBe(true);
  });

  test.each([
    json(200, {}),
    json(200, { message: 'The key was revoked' }),
    json(200, { deleted: true, id: 'h1' }),
    json(200, { hash: 'h1', name: 'not in use', success: true }),
    text(204, ''),
  ])('is not suspected if the answer is clear', async (answer) => {
    const { backend } = await started(unreal, ['DELETE /v1/keys/h1', answer]);
    expect(await backend.revoke('h1')).toBe(true);
  });
});

describe('a revocation that the API has only accepted (202)', () => {
  const key = { hash: 'k1', name: 'ci', created: 1_793_491_200 };
  const look = 'GET /v1/keys/k1';

  test('is done once the key is gone', async () => {
    const { backend, waits } = await started(
      unreal,
      ['DELETE /v1/keys/k1', text(202, '')],
      [look, json(200, key), json(200, key), json(404, {})],
    );
    expect(await backend.revoke('k1')).toBe(true);
    expect(waits).toEqual([1000, 2000]);
  });

  test('fails if the key stays', async () => {
    const { backend, server, waits } = await started(unreal, ['DELETE /v1/keys/k1', text(202, '')]);
    server.always(look, json(200, key));
    expect(await failureIn(backend.revoke('k1'))).toMatchObject({ code: 'not_revoked' });
    expect(waits).toEqual([1000, 2000, 4000]);
  });
});
