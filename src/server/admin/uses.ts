import type { Context } from '../context.ts';
import { sendJson } from '../send-json.ts';
import { readCursor } from './cursor.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { logQueryIn } from './wire.ts';

/** The log of uses, and sums of it. */
export function useRoutes({ offload }: Context): Route[] {
  return [
    route({
      method: 'GET',
      path: '/logs',
      operation: 'listUses',
      summary: 'List uses of keys, refused ones included, newest first',
      query: shape.logQuery,
      status: 200,
      reply: shape.page(shape.logEntry),
      countsUses: true,
      handle({ keys, query: { limit, cursor, ...filter }, reply }) {
        const position = cursor === undefined ? undefined : readCursor(cursor, /^\d{1,15}$/);
        const after = position && { at: position.at, id: Number(position.id) };
        const query = logQueryIn(filter);
        return sendJson(reply, offload.ask(keys.caller, 'listUses', { query, limit, after }));
      },
    }),
    route({
      method: 'GET',
      path: '/usage',
      operation: 'sumUsage',
      summary: 'Sum requests, tokens and spend, by key or by day (UTC)',
      query: shape.usageQuery,
      status: 200,
      reply: shape.usage,
      countsUses: true,
      handle({ keys, query: { by, since, key_id }, reply }) {
        const query = {
          by,
          ...(since !== undefined && { since: new Date(since) }),
          ...(key_id !== undefined && { keyId: key_id }),
        };
        return sendJson(reply, offload.ask(keys.caller, 'sumUsage', query));
      },
    }),
  ];
}
