import type { FastifyInstance } from 'fastify';
import { refusal } from '../admission.ts';
import { bearerOf } from '../caller.ts';
import type { Context } from '../context.ts';
import { keyRoutes } from './keys.ts';
import { describe } from './openapi.ts';
import { register } from './route.ts';
import { sessionRoutes } from './sessions.ts';
import { userRoutes } from './users.ts';
import { useRoutes } from './uses.ts';

/** The API of the whole authority, and its OpenAPI description. */
export function adminApi(app: FastifyInstance, context: Context, version: string): void {
  const routes = [
    ...keyRoutes(context),
    ...useRoutes(context),
    ...sessionRoutes(context),
    ...userRoutes(context),
  ];
  register(app, context, routes);
  // Called with a key instead of a session; it takes no slot of the rate limit and is not a use of the key.
  app.get('/verify', async (request) => {
    const decision = await context.authority.gate.examine({ key: bearerOf(request), models: 'any' });
    if (!decision.allowed) throw refusal(decision);
    return { key_id: decision.keyId, name: decision.keyName, models: decision.models };
  });
  const description = JSON.stringify(describe(routes, version));
  app.get('/openapi.json', async (_, reply) => reply.type('application/json').send(description));
}
