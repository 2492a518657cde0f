import type { FastifyRequest } from 'fastify';
import type { IdempotentRequest } from '../../authority/idempotency.ts';
import type { OwnedKey, ScopedKeys } from '../../authority/scoped-keys.ts';
import { HttpProblem } from '../../gateway/http-problem.ts';
import { bearerOf } from '../caller.ts';
import type { Context } from '../context.ts';
import { sendJson } from '../send-json.ts';
import { invalid } from '../validation.ts';
import { readCursor } from './cursor.ts';
import { answerTagged, requireMatch } from './etag.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { changesIn, expiryIn, keyOut, specIn } from './wire.ts';

const idempotency = {
  'Idempotency-Key':
    '16 to 255 visible ASCII characters, for example a random UUID. A request repeated with it by the same session within a day gets the same response, secret included.',
};

/** Creating, reading, changing, rotating and revoking keys. */
export function keyRoutes({ now, offload }: Context): Route[] {
  return [
    route({
      method: 'GET',
      path: '/keys',
      operation: 'listKeys',
      summary: 'List keys, newest first',
      query: shape.keyQuery,
      status: 200,
      reply: shape.page(shape.key),
      countsUses: true,
      handle({ keys, query: { limit, cursor, status, search }, reply }) {
        const query = { ...(status && { status }), ...(search && { search }) };
        const after = cursor ? readCursor(cursor) : undefined;
        return sendJson(reply, offload.ask(keys.caller, 'listKeys', { query, limit, after }));
      },
    }),
    route({
      method: 'POST',
      path: '/keys',
      operation: 'createKey',
      summary: 'Create a key; only this response contains its secret',
      body: shape.newKey,
      headers: idempotency,
      status: 201,
      reply: shape.issuedKey,
      refusals: {
        403: 'KEY_LIMIT_REACHED, MODEL_NOT_ENTITLED, CEILING_EXCEEDED',
        422: 'IDEMPOTENCY_KEY_REUSED',
      },
      async handle({ keys, body, request, reply }) {
        const idempotentRequest = idempotentRequestOf(keys, request, 'create');
        const spec = specIn(body, now());
        const { id, secret } = await keys.issue(spec, idempotentRequest && { idempotentRequest });
        reply.header('location', locationOf(request, id));
        return { key: keyOut(await keys.get(id)), secret: secret.reveal() };
      },
    }),
    route({
      method: 'GET',
      path: '/keys/:id',
      operation: 'getKey',
      summary: 'Show a key',
      headers: { 'If-None-Match': 'the entity tag of the copy that you have' },
      status: 200,
      reply: shape.key,
      refusals: { 404: 'KEY_NOT_FOUND' },
      countsUses: true,
      async handle({ keys, id, request, reply }) {
        return answerTagged(request, reply, keyOut(await keys.get(id)));
      },
    }),
    route({
      method: 'PATCH',
      path: '/keys/:id',
      operation: 'updateKey',
      summary: 'Change a key; omitted fields stay as they are, a label that is null is removed',
      body: shape.keyChanges,
      headers: { 'If-Match': 'the entity tag of the version that you change' },
      status: 200,
      reply: shape.key,
      refusals: {
        403: 'MODEL_NOT_ENTITLED, CEILING_EXCEEDED',
        404: 'KEY_NOT_FOUND',
        409: 'KEY_REVOKED',
        412: 'PRECONDITION_FAILED',
      },
      countsUses: true,
      async handle({ keys, id, body, request }) {
        const check = (current: OwnedKey) => requireMatch(request, keyOut(current));
        return keyOut(await keys.update(id, changesIn(body, now()), check));
      },
    }),
    ...(['disable', 'enable'] as const).map((verb) =>
      route({
        method: 'POST',
        path: `/keys/:id/${verb}`,
        operation: `${verb}Key`,
        summary:
          verb === 'disable'
            ? 'Stop a key from working, until it is enabled'
            : 'Let a disabled key work again',
        status: 200,
        reply: shape.key,
        refusals: { 403: 'CEILING_EXCEEDED', 404: 'KEY_NOT_FOUND', 409: 'KEY_REVOKED' },
        handle: async ({ keys, id }) => keyOut(await keys.update(id, { disabled: verb === 'disable' })),
      }),
    ),
    route({
      method: 'DELETE',
      path: '/keys/:id',
      operation: 'revokeKey',
      summary: 'Revoke a key, immediately and permanently',
      status: 204,
      refusals: { 404: 'KEY_NOT_FOUND' },
      async handle({ keys, id }) {
        if (!(await keys.revoke(id)))
          throw new HttpProblem(404, 'KEY_NOT_FOUND', 'the key is already revoked');
      },
    }),
    route({
      method: 'POST',
      path: '/keys/:id/rotate',
      operation: 'rotateKey',
      summary:
        'Create a replacement for a key, with a new secret; the old key expires after the grace period',
      body: shape.rotation,
      headers: idempotency,
      status: 201,
      reply: shape.rotatedKey,
      refusals: {
        403: 'KEY_LIMIT_REACHED, CEILING_EXCEEDED',
        404: 'KEY_NOT_FOUND',
        409: 'KEY_REVOKED, KEY_ROTATED',
        422: 'IDEMPOTENCY_KEY_REUSED',
      },
      async handle({ keys, id: old, body: { grace_seconds, expires_at }, request, reply }) {
        const rotation = {
          grace: grace_seconds * 1000,
          ...(expires_at !== undefined && { expiresAt: expiryIn(expires_at, now()) }),
        };
        const { id, secret } = await keys.rotate(
          old,
          rotation,
          idempotentRequestOf(keys, request, `rotate ${old}`),
        );
        reply.header('location', locationOf(request, id));
        const [key, previous] = [await keys.get(id), await keys.get(old)];
        return { key: keyOut(key), secret: secret.reveal(), previous: keyOut(previous) };
      },
    }),
  ];
}

/** The path of a key, below the prefix under which this API is mounted. */
function locationOf({ url }: FastifyRequest, id: string): string {
  return `${url.slice(0, url.indexOf('/keys'))}/keys/${id}`;
}

function idempotentRequestOf(
  { caller }: ScopedKeys,
  request: FastifyRequest,
  operation: string,
): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[!-~]{16,255}$/.test(key)) {
    throw invalid('Idempotency-Key', 'expected 16 to 255 visible ASCII characters');
  }
  return {
    scope: `${caller.user} ${operation}`,
    key,
    token: bearerOf(request) ?? '',
    content: JSON.stringify(request.body ?? {}),
  };
}
