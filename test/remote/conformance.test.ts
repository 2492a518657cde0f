import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/base/secret.ts';
import { builtInProviders } from '../../src/providers/built-in/built-in.ts';
import { checkProvider } from '../../src/providers/declaration/check.ts';
import type { Path } from '../../src/providers/declaration/field.ts';
import { spec } from '../support/authority.ts';
import { createKey } from '../support/create-key.ts';
import { failureIn } from '../support/failure.ts';
import type { Answer, Received } from '../support/fault-server.ts';
import { FaultServer, html, json, resetBeforeReply, text, truncated } from '../support/fault-server.ts';
import { rotateKey } from '../support/rotate-key.ts';
import type { Case } from './case.ts';
import { cases } from './cases.ts';
import type { Exchange } from './exchange.ts';
import { remoteOf } from './remote-of.ts';

/* What every provider must do against a server that answers as documented, or fails. */

test('every built-in provider has a case here and matches the schema', async () => {
  const providers = await builtInProviders();
  // In XML and at one path: aws-iam.test.ts.
  const ids = providers.map(({ id }) => id).filter((id) => id !== 'aws-iam');
  expect(cases.map(({ provider }) => provider.id).sort()).toEqual(ids.sort());
  for (const provider of providers) expect(checkProvider(provider).issues).toEqual([]);
});

describe.each(cases.map((one) => [one.provider.id, one] as const))('%s', (_, one) => {
  test('lists keys by exactly the documented request', async () => {
    const { backend, server } = await start(one, [one.list]);
    expect(await backend.list()).toMatchObject(one.keys);
    const request = requestFor(one.list, server);
    expect(`${request?.method} ${request?.path}`).toBe(one.list.route);
    expect(request?.headers).toMatchObject({
      [one.credential[0]]: one.credential[1],
      accept: 'application/json',
    });
    expect(bodyOf(request)).toEqual(one.list.body);
  });

  test('an account without keys has an empty list', async () => {
    const { backend } = await start(one, [{ ...one.list, answer: one.empty }]);
    expect(await backend.list()).toEqual([]);
  });

  test('unknown fields are ignored', async () => {
    const answer = withField(one.list.answer, one.provider.key.labels);
    const { backend } = await start(one, [{ ...one.list, answer }]);
    expect(await backend.list()).toMatchObject(one.keys);
  });

  if (one.create) {
    const { create } = one;
    test('creates by exactly the documented request, and returns the secret', async () => {
      const exchanges = [create, ...(one.afterCreate ? [one.afterCreate] : [])];
      const { backend, server } = await start(one, exchanges);
      const { key, secret } = await createKey(backend, spec(create.spec));
      expect(key).toMatchObject(create.key);
      expect(secret.reveal()).toBe(create.secret);
      expect(JSON.stringify(key)).not.toContain(create.secret);
      const request = requestFor(create, server);
      expect(bodyOf(request)).toEqual(create.body);
      expect(request?.headers['content-type']).toBe(create.contentType ?? 'application/json');
    });

    test('a create omits the fields that were not requested', async () => {
      const { backend, server } = await start(one, [create]);
      await backend.create(spec({ name: 'ci' }));
      const declaresNull = JSON.stringify(one.provider.create).includes('|null}');
      const empty = declaresNull ? /:(\[\]|\{\})/ : /:(null|\[\]|\{\})/;
      const text = String(requestFor(create, server)?.body);
      const withoutNested = nestedIn(one.provider).reduce(
        (rest, name) => rest.replace(`"${name}":{}`, ''),
        text,
      );
      expect(withoutNested).not.toMatch(empty);
    });
  }

  if (one.revoke) {
    const { revoke } = one;
    test('revokes by exactly the documented request; revoking again is not an error', async () => {
      const { backend, server } = await start(one, [
        revoke,
        { ...revoke, status: 404, answer: { message: 'gone' } },
        ...(revoke.following ?? []),
      ]);
      server.always(one.list.route, json(200, one.empty));
      const look = one.show?.route.replace(one.show.id, revoke.id);
      if (look) server.always(look, json(404, { message: 'gone' }));
      expect(await backend.revoke(revoke.id)).toBe(true);
      expect(await backend.revoke(revoke.id)).toBe(false);
      const request = requestFor(revoke, server);
      expect(request && String(request.body)).toBe(
        revoke.body === undefined ? '' : JSON.stringify(revoke.body),
      );
      const followed = server.received.slice(1, 1 + (revoke.following?.length ?? 0));
      expect(followed.map(({ method, path }) => `${method} ${path}`)).toEqual(
        (revoke.following ?? []).map(({ route }) => route),
      );
    });
  }

  test('no URL contains the token or a secret', async () => {
    const { backend, server } = await start(one, [
      one.list,
      ...(one.revoke ? [one.revoke, ...(one.revoke.following ?? [])] : []),
    ]);
    // An answer that does not confirm the revocation is followed by a look.
    server.always(one.list.route, json(200, one.empty));
    await backend.list();
    if (one.revoke) await backend.revoke(one.revoke.id);
    for (const { path } of server.received) expect(path).not.toMatch(/EXAMPLE/);
  });

  test('has a case for each call that creates or revokes a key', () => {
    const calls = ['create', 'revoke'] as const;
    const isDeclared = (call: (typeof calls)[number]) => one.provider[call] !== undefined;
    expect(calls.filter((call) => one[call])).toEqual(calls.filter(isDeclared));
  });

  if (one.show) {
    const { show } = one;
    test('shows a key by exactly the documented request; 404 means no key', async () => {
      const { backend } = await start(one, [show, { ...show, status: 404, answer: { message: 'gone' } }]);
      expect(await backend.get(show.id)).toMatchObject({ id: show.id, ...show.key });
      expect(await backend.get(show.id)).toBeUndefined();
    });
  }

  if (one.rotate) {
    const { rotate } = one;
    test('rotates in place by exactly the documented request, and returns the secret', async () => {
      const { backend, server } = await start(one, [rotate, ...(one.afterCreate ? [one.afterCreate] : [])]);
      const old = { id: rotate.id, name: 'ci', status: 'active' } as const;
      const { key, secret } = await rotateKey(backend, old, rotate.expiresAt);
      expect(key).toMatchObject(rotate.key);
      expect(secret.reveal()).toEqual(rotate.secret);
      expect(bodyOf(server.received[0])).toEqual(rotate.body);
    });
  }

  if (one.verify) {
    const { verify } = one;
    test('verifies a key by exactly the documented request, which has no key in its URL', async () => {
      const { backend, server } = await start(one, [verify]);
      const verdict = await backend.verify(new Secret('key-abcdefghEXAMPLE'));
      expect(verdict).toMatchObject({ reason: verify.reason, httpStatus: verify.status });
      expect(bodyOf(server.received[0])).toEqual(verify.body);
      expect(server.received[0]?.path).not.toMatch(/EXAMPLE/);
    });
  }

  const look = one.show ?? one.list;
  if (one.update) {
    const { update } = one;
    test('updates by exactly the documented request', async () => {
      const { backend, server } = await start(one, [update]);
      server.always(look.route, json(look.status, look.answer));
      await backend.update(update.id, update.changes);
      expect(bodyOf(requestFor(update, server))).toEqual(update.body);
    });
  }

  if (one.disable) {
    const { disable } = one;
    test('disables by exactly the documented request', async () => {
      const { backend, server } = await start(one, [disable]);
      server.always(look.route, json(look.status, look.answer));
      // The documented answer may show the key as it was before.
      await backend.update(disable.id, { disabled: true }).catch((error: Error) => {
        expect(error.message).toContain('still reports the key');
      });
      expect(bodyOf(requestFor(disable, server))).toEqual(disable.body);
      expect(server.received.length).toBeLessThanOrEqual(2);
    });
  }

  const { create } = one;
  if (create) {
    test.each([
      [401, { exit: 'auth', code: 'not_logged_in', httpStatus: 401 }],
      [402, { exit: 'limit', code: 'budget' }],
      [403, { exit: 'auth', code: 'forbidden' }],
      [409, { exit: 'limit', code: 'conflict' }],
    ])('HTTP %i on create has its own error code and is not repeated', async (status, failure) => {
      // Where names are unique, a conflict is about the name: others are tried.
      const attempts = status === 409 && one.provider.capabilities.uniqueNames ? 3 : 1;
      const refused = { ...create, status, answer: { message: 'no', code: 'X' } };
      const { backend, server } = await start(one, Array(attempts).fill(refused));
      // The server may have refused the password of the call rather than the token.
      const code = status === 401 && one.provider.secrets ? 'secret_refused' : failure.code;
      expect(await failureIn(backend.create(spec(create.spec)))).toMatchObject({ ...failure, code });
      expect(requestsFor(create, server)).toHaveLength(attempts);
    });
  }

  test('a missing API is distinguished from a missing key', async () => {
    if (one.provider.list.single) return;
    const { backend } = await start(one, [{ ...one.list, status: 404, answer: { message: 'no route' } }]);
    expect(await failureIn(backend.list())).toMatchObject({ exit: 'network', code: 'not_this_api' });
  });

  test.each([429, 500, 503])('HTTP %i on list is tried four times in all', async (status) => {
    const failing = { ...one.list, status, answer: { message: 'later' } };
    const { backend, server, waits } = await start(one, [failing, failing, failing, failing]);
    const exit = status === 429 ? 'limit' : 'network';
    expect(await failureIn(backend.list())).toMatchObject({ exit, httpStatus: status });
    expect([requestsFor(one.list, server).length, waits.length]).toEqual([4, 3]);
  });

  test('a list is retried until a busy server answers', async () => {
    const { backend, waits } = await start(one, [one.list], json(429, {}, { 'retry-after': '2' }));
    expect(await backend.list()).toHaveLength(one.keys.length);
    expect(waits).toEqual([2000]);
  });

  const { idempotency } = one.provider.create ?? {};
  if (create && idempotency === undefined) {
    test('a create whose reply is lost is not sent again', async () => {
      const { backend, server } = await start(one, [], undefined, [create.route, resetBeforeReply]);
      const failure = await failureIn(backend.create(spec(create.spec)));
      expect(failure).toMatchObject({ exit: 'network', code: 'reply_lost' });
      expect(requestsFor(create, server)).toHaveLength(1);
    });
  }
  if (create && idempotency !== undefined) {
    test('a create whose reply is lost is sent again with the same idempotency key', async () => {
      const { backend, server } = await start(one, [create], resetBeforeReply);
      const { secret } = await backend.create(spec(create.spec));
      expect(secret.reveal()).toBe(create.secret);
      const sent = server.received.map(({ headers }) => headers[idempotency.toLowerCase()]);
      expect(sent).toEqual([expect.stringMatching(/^[\w-]{36}$/), sent[0]]);
    });
  }

  test.each([
    ['HTML', html(200)],
    ['plain text', text(200, 'hello', { 'content-type': 'text/plain' })],
    ['JSON that breaks off', text(200, '{"keys":[', { 'content-type': 'application/json' })],
    ['JSON of another shape', json(200, { unheard: 'of' })],
  ])('%s in place of a list is a failure', async (_, answer) => {
    const { backend } = await start(one, [], undefined, [one.list.route, answer]);
    expect(await failureIn(backend.list())).toMatchObject({ exit: 'network' });
  });

  test('a truncated body is a failure', async () => {
    const cut = truncated(200, JSON.stringify(one.list.answer));
    const { backend } = await start(one, [], undefined, [one.list.route, cut, cut, cut, cut]);
    expect(await failureIn(backend.list())).toMatchObject({ exit: 'network' });
  });

  test.each(fieldsOf(one))(
    'a wrong type in %s is reported, and the key is still listed',
    async (field, path) => {
      const { backend, warnings } = await start(one, [{ ...one.list, answer: withWrongType(one, path) }]);
      if (field === 'id' && one.keys.length === 1) {
        expect(await failureIn(backend.list())).toMatchObject({ exit: 'network', code: 'unexpected_answer' });
        return;
      }
      expect(await backend.list()).toHaveLength(field === 'id' ? one.keys.length - 1 : one.keys.length);
      expect(warnings.join(), field).toContain(path);
    },
  );
});

async function start(
  one: Case,
  exchanges: readonly Exchange[],
  first?: Answer,
  script?: [route: string, ...answers: Answer[]],
) {
  const server = await FaultServer.start();
  if (first) server.on(exchanges[0]?.route ?? '', first);
  for (const { route, status, answer } of exchanges) {
    server.on(route, answer === undefined ? text(status, '') : json(status, answer));
  }
  if (script) server.on(...script);
  if (one.before) server.always(one.before.route, json(one.before.status, one.before.answer));
  if (one.end) server.always(one.end.route, json(one.end.status, one.end.answer));
  // If names are unique, those that are taken are read before a key is created.
  if (one.provider.capabilities.uniqueNames) server.always(one.list.route, json(200, one.empty));
  return { server, ...remoteOf(one.provider, server, one.options) };
}

function requestsFor({ route }: Exchange, server: FaultServer): Received[] {
  return server.received.filter(({ method, path }) => `${method} ${path}` === route);
}

function requestFor(exchange: Exchange, server: FaultServer): Received | undefined {
  return requestsFor(exchange, server)[0];
}

function bodyOf(request: Received | undefined): unknown {
  const body = String(request?.body);
  return body === '' ? undefined : JSON.parse(body);
}

/** The objects of the body of a create, which are sent even if they are empty. */
function nestedIn({ create }: Case['provider']): string[] {
  const entries = Object.entries(Object(create?.body) as Record<string, unknown>);
  return entries.flatMap(([name, value]) => (typeof value === 'object' ? [name] : []));
}

/** The first key in the answer to a list. */
function firstKey(one: Case, answer: unknown): Record<string, unknown> {
  const path = [one.provider.list.items].flat()[0] ?? '';
  const items = path === '' ? answer : (answer as Record<string, unknown>)[path];
  return (Array.isArray(items) ? items[0] : items) as Record<string, unknown>;
}

/** An answer with a new field in every object except the labels, whose names are the user's. */
function withField(answer: unknown, labels: Path | undefined): unknown {
  const add = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(add);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([name, part]) => [name, name === labels ? part : add(part)]);
    return { ...Object.fromEntries(entries), unheardOf: { nested: [1, null] } };
  };
  return add(answer);
}

/** The typed fields of a key and their paths. The status is not one: a word of another type is an unknown status. */
function fieldsOf(one: Case): [field: string, path: string][] {
  const key = firstKey(one, one.list.answer);
  return Object.entries(one.provider.key).flatMap(([field, where]) => {
    const at = typeof where === 'object' && 'at' in where ? where.at : where;
    const path = [at].flat()[0];
    const isTyped = typeof path === 'string' && field !== 'status' && Object.hasOwn(key, path);
    return isTyped ? [[field, path] as [string, string]] : [];
  });
}

function withWrongType(one: Case, field: string): unknown {
  const answer = structuredClone(one.list.answer);
  firstKey(one, answer)[field] = [{ not: 'what it should be' }];
  return answer;
}
