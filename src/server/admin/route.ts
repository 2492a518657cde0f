import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GenericSchema, InferOutput } from 'valibot';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import { keysOf } from '../caller.ts';
import type { Context } from '../context.ts';
import { readBody, readQuery } from '../validation.ts';

/** A call of the native API, as it is answered and as it is described. Both come from here. */
export interface Route<Body extends GenericSchema, Query extends GenericSchema> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/keys/:id`. */
  path: string;
  operation: string;
  summary: string;
  body?: Body;
  query?: Query;
  /** Headers that it heeds, with what they are for. */
  headers?: Readonly<Record<string, string>>;
  status: 200 | 201 | 204;
  /** What it answers; absent: nothing. */
  reply?: GenericSchema;
  /** Codes of refusals by their status, besides those that every route has. */
  refusals?: Readonly<Record<number, string>>;
  handle(call: Call<Body, Query>): unknown;
}

/** A call by somebody with a session. */
export interface Call<Body extends GenericSchema, Query extends GenericSchema> {
  keys: ScopedKeys;
  /** The `:id` of the path. */
  id: string;
  body: InferOutput<Body>;
  query: InferOutput<Query>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Of any shape, for lists of routes. */
export type AnyRoute = Omit<Route<GenericSchema, GenericSchema>, 'handle'> & {
  handle(call: Call<GenericSchema, GenericSchema>): unknown;
};

export function route<Body extends GenericSchema, Query extends GenericSchema>(
  one: Route<Body, Query>,
): AnyRoute {
  return one as unknown as AnyRoute;
}

/** Answers the routes, each for whoever has a session. */
export function register(app: FastifyInstance, context: Context, routes: readonly AnyRoute[]): void {
  for (const { method, path, body, query, status, handle } of routes) {
    app.route({
      method,
      url: path,
      handler: async (request, reply) => {
        const keys = keysOf(context.authority, request);
        request.logged.user = keys.caller.user;
        const { id = '' } = request.params as { id?: string };
        const answer = await handle({
          keys,
          id,
          body: body && readBody(body, request),
          query: query && readQuery(query, request),
          request,
          reply,
        });
        if (reply.sent) return;
        if (reply.statusCode === 200) reply.code(status);
        return answer;
      },
    });
  }
}
