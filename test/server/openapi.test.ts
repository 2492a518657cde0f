import { Validator } from '@seriousme/openapi-schema-validator';
import type { RouteOptions } from 'fastify';
import fastify from 'fastify';
import type { GenericSchema } from 'valibot';
import { parse } from 'valibot';
import { describe, expect, onTestFinished, test } from 'vitest';
import { adminApi } from '../../src/server/admin/admin-api.ts';
import { keyRoutes } from '../../src/server/admin/keys.ts';
import { sessionRoutes } from '../../src/server/admin/sessions.ts';
import * as shape from '../../src/server/admin/shapes.ts';
import { userRoutes } from '../../src/server/admin/users.ts';
import { useRoutes } from '../../src/server/admin/uses.ts';
import type { Context } from '../../src/server/context.ts';
import { serveHealth } from '../../src/server/health.ts';
import { Metrics } from '../../src/server/metrics.ts';
import { RequestBatcher } from '../../src/server/request-batcher.ts';
import { withoutThreads } from '../../src/server/threads/offload.ts';
import { spec, use } from '../support/authority.ts';
import type { Answer } from '../support/authority-service.ts';
import { serving, testService } from '../support/authority-service.ts';

interface Operation {
  operationId: string;
  parameters?: { in: string; name: string; required: boolean }[];
  responses: Record<string, { content?: object }>;
}
interface Description {
  paths: Record<string, Record<string, Operation>>;
}

async function start() {
  const made = await testService();
  const server = await serving(made);
  const answer = await server.call<Description>('GET', '/admin/openapi.json');
  const operations = Object.entries(answer.body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );
  return { ...made, ...server, answer, operations };
}

/** The definitions of the routes, without a server. */
async function context(): Promise<Context> {
  const { service, clock } = await testService();
  const batcher = new RequestBatcher(service.gate, clock.now, () => {});
  const offload = withoutThreads(service);
  return {
    authority: service,
    batcher,
    metrics: new Metrics('0.0.0'),
    offload,
    onUnpriced() {},
    now: clock.now,
  };
}

test('the description is public, and valid OpenAPI 3.1', async () => {
  const { answer } = await start();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(answer.body) as never);
  expect(errors).toBeUndefined();
  expect([valid, validator.version]).toEqual([true, '3.1']);
});

test('the validator notices errors', async () => {
  const { answer } = await start();
  const broken = { ...structuredClone(answer.body), info: {} };
  expect((await new Validator().validate(broken as never)).valid).toBe(false);
});

test('it describes exactly the existing routes', async () => {
  const { operations } = await start();
  const served: string[] = [];
  const app = fastify();
  onTestFinished(() => app.close());
  app.addHook('onRoute', ({ method, url }: RouteOptions) => {
    const path = url.replace('/admin', '').replace(/:(\w+)/g, '{$1}');
    for (const one of [method].flat()) if (one !== 'HEAD') served.push(`${one} ${path}`);
  });
  await app.register(async (scope) => adminApi(scope, await context(), '0.0.0'), { prefix: '/admin' });
  serveHealth(app, { isDraining: false }, async () => {});
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect([...described, 'GET /openapi.json'].sort()).toEqual(served.sort());
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test('every reference in it resolves', async () => {
  const { answer } = await start();
  const references = [...JSON.stringify(answer.body).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
    ([, at]) => at ?? '',
  );
  expect(references.length).toBeGreaterThan(20);
  for (const at of references) {
    const found = at.split('/').reduce<unknown>((part, name) => (part as never)?.[name], answer.body);
    expect(found, at).toBeTypeOf('object');
  }
});

test('every path parameter is required', async () => {
  const { operations } = await start();
  for (const { path, parameters = [] } of operations) {
    const places = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = parameters.filter(({ in: place }) => place === 'path');
    expect(described.map(({ name, required }) => [name, required])).toEqual(
      places.map((name) => [name, true]),
    );
  }
});

describe('a response matches its description', () => {
  type Started = Awaited<ReturnType<typeof start>>;
  type Ask = (started: Started & { id: string; key: string; ada: string }) => Promise<Answer<unknown>>;

  /** One call of each operation that succeeds. */
  const asks: Record<string, Ask> = {
    listKeys: ({ call, ada: token }) => call('GET', '/admin/keys?limit=1', { token }),
    createKey: ({ call, ada: token }) =>
      call('POST', '/admin/keys', { token, body: { name: 'next' }, secret: true }),
    getKey: ({ call, ada: token, id }) => call('GET', `/admin/keys/${id}`, { token }),
    updateKey: ({ call, ada: token, id }) =>
      call('PATCH', `/admin/keys/${id}`, { token, body: { name: 'new' } }),
    disableKey: ({ call, ada: token, id }) => call('POST', `/admin/keys/${id}/disable`, { token }),
    enableKey: ({ call, ada: token, id }) => call('POST', `/admin/keys/${id}/enable`, { token }),
    revokeKey: ({ call, ada: token, id }) => call('DELETE', `/admin/keys/${id}`, { token }),
    rotateKey: ({ call, ada: token, id }) =>
      call('POST', `/admin/keys/${id}/rotate`, { token, body: {}, secret: true }),
    listUses: ({ call, ada: token }) => call('GET', '/admin/logs?limit=1', { token }),
    sumUsage: ({ call, ada: token }) => call('GET', '/admin/usage?by=day', { token }),
    getSession: ({ call, ada: token }) => call('GET', '/admin/session', { token }),
    endSession: ({ call, ada: token }) => call('DELETE', '/admin/session', { token }),
    listSessions: ({ call, ada: token }) => call('GET', '/admin/sessions', { token }),
    createSession: ({ call, ada: token }) =>
      call('POST', '/admin/sessions', { token, body: {}, secret: true }),
    revokeSession: async ({ call, ada: token, service }) =>
      call('DELETE', `/admin/sessions/${(await service.sessions.list('ada'))[0]?.id}`, { token }),
    listUsers: async ({ call, token }) => call('GET', '/admin/users', { token: await token('admin') }),
    updateUser: async ({ call, token }) =>
      call('PATCH', '/admin/users/ada', {
        token: await token('admin'),
        body: { budget_usd: 5, max_keys: 3 },
      }),
    isAlive: ({ call }) => call('GET', '/healthz'),
    isReady: ({ call }) => call('GET', '/readyz'),
    verifyKey: ({ call, key }) => call('GET', '/admin/verify', { token: key }),
  };

  const routes = async () => {
    const made = await context();
    return [...keyRoutes(made), ...useRoutes(made), ...sessionRoutes(made), ...userRoutes(made)];
  };

  /** The schemas that the description is generated from; absent: an answer without a body. */
  async function shapeOf(operation: string): Promise<GenericSchema | undefined> {
    if (operation === 'verifyKey') return shape.verdict;
    if (operation === 'isAlive' || operation === 'isReady') return shape.status;
    return (await routes()).find((route) => route.operation === operation)?.reply;
  }

  test('for every operation', async () => {
    const { operations } = await start();
    expect(Object.keys(asks).sort()).toEqual(operations.map(({ operationId }) => operationId).sort());
  });

  test.each(Object.entries(asks))('%s', async (name, ask) => {
    const started = await start();
    const { id, secret } = await (await started.keysOf('ada')).issue(
      spec({ description: 'x', budgetUsd: 9, rateLimitRpm: 6, models: ['small'], labels: { team: 'web' } }),
    );
    await started.service.gate.record([
      use({ keyId: id, ip: '10.0.0.1' }),
      use({ keyId: id, model: 'small' }),
    ]);
    const given = { id, key: secret.reveal(), ada: await started.token('ada') };
    const answer = await ask({ ...started, ...given });
    const operation = started.operations.find(({ operationId }) => operationId === name);
    const { content } = operation?.responses[answer.status] ?? {};
    const schema = await shapeOf(name);
    expect(answer.status).toBe(
      schema ? (name.startsWith('create') || name === 'rotateKey' ? 201 : 200) : 204,
    );
    expect(content !== undefined).toBe(schema !== undefined);
    // Reading drops fields that the schema does not know; the comparison then finds them missing.
    expect(answer.body).toEqual(schema ? parse(schema, answer.body) : '');
  });

  test('a refusal', async () => {
    const { call, token } = await start();
    for (const given of [{}, { token: await token('ada') }]) {
      const { body } = await call('GET', '/admin/keys/nobody', given);
      expect(body).toEqual(parse(shape.error, body));
    }
  });
});
