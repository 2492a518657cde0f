import type { Context } from '../context.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Route } from './route.ts';
import { route } from './route.ts';
import * as shape from './shapes.ts';
import { entryOut, logQueryIn, usageOut } from './wire.ts';

/** The log of uses, and sums of it. */
export function useRoutes({ batcher }: Context): Route[] {
  return [
    route({
      method: 'GET',
      path: '/logs',
      operation: 'listUses',
      summary: 'List uses of keys, refused ones included, newest first',
      query: shape.logQuery,
      status: 200,
      reply: shape.page(shape.logEntry),
      handle({ keys, query }) {
        batcher.flush();
        const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, /^\d{1,15}$/);
        const after = cursor && { at: cursor.at, id: Number(cursor.id) };
        const data = [];
        let last: typeof after;
        for (const { entry, position } of keys.logs(logQueryIn(query), after && { after })) {
          if (data.length === query.limit) return { data, next_cursor: last ? writeCursor(last) : null };
          data.push(entryOut(entry));
          last = position;
        }
        return { data, next_cursor: null };
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
      handle({ keys, query: { by, since, key_id } }) {
        batcher.flush();
        const rows = keys.usage({
          by,
          ...(since !== undefined && { since: new Date(since) }),
          ...(key_id !== undefined && { keyId: key_id }),
        });
        return { data: rows.map(usageOut) };
      },
    }),
  ];
}
