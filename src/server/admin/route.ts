import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GenericSchema, InferOutput } from 'valibot';
import type { ScopedKeys } from '../../authority/scoped-keys.ts';
import { keysOf } from '../caller.ts';
import type { Context } from '../context.ts';
import { readBody, readQuery } from '../validation.ts';

/** What an operation of the admin API is, for its description. */
export interface Operation {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** `/keys/:id`. */
  path: string;
  operation: string;
  summary: string;
  body?: GenericSchema;
  query?: GenericSchema;
  /** Headers that it reads, and what they are for. */
  headers?: Readonly<Record<string, string>>;
  status: 200 | 201 | 204;
  /** The shape of its response; absent: an empty one. */
  reply?: GenericSchema;
  /** Codes of refusals by their status, besides those of every operation. */
  refusals?: Readonly<Record<number, string>>;
  /** The answer counts uses: those before the call are written first. */
  countsUses?: true;
}

/** An operation and how it is handled. */
interface RouteSpec<Body extends GenericSchema, Query extends GenericSchema> extends Operation {
  body?: Body;
  query?: Query;
  handle(call: Call<Body, Query>): unknown;
}

/** A call with a session. */
export interface Call<Body extends GenericSchema, Query extends GenericSchema> {
  keys: ScopedKeys;
  /** The `:id` of the path. */
  id: string;
  body: InferOutput<Body>;
  query: InferOutput<Query>;
  request: AdminRequest;
  reply: FastifyReply;
}

export type AdminRequest = FastifyRequest<{ Params: { id?: string } }>;

export interface Route extends Operation {
  answer(keys: ScopedKeys, request: AdminRequest, reply: FastifyReply): unknown;
}

export function route<Body extends GenericSchema, Query extends GenericSchema>(
  spec: RouteSpec<Body, Query>,
): Route {
  const { handle, ...operation } = spec;
  const { body, query } = spec;
  return {
    ...operation,
    answer: (keys, request, reply) =>
      handle({
        keys,
        id: request.params.id ?? '',
        // Without a schema, the handler does not know the type of the body or the query.
        body: body && readBody(body, request),
        query: query && readQuery(query, request),
        request,
        reply,
      }),
  };
}

/** Serves the routes to every caller with a session. */
export function register(app: FastifyInstance, context: Context, routes: readonly Route[]): void {
  for (const { method, path, status, countsUses, answer } of routes) {
    app.route<{ Params: { id?: string } }>({
      method,
      url: path,
      handler: async (request, reply) => {
        let keys = await keysOf(context.authority, request);
        request.logged.user = keys.caller.user;
        if (countsUses) {
          await context.batcher.flush();
          // The session may have ended meanwhile.
          keys = await keysOf(context.authority, request);
        }
        const response = await answer(keys, request, reply);
        if (reply.sent) return;
        if (reply.statusCode === 200) reply.code(status);
        return response;
      },
    });
  }
}
