import type { KeyQuery } from '../../authority/key-table.ts';
import type { LogPosition } from '../../authority/use-log.ts';
import type { LogQuery, UsageQuery } from '../../keys/ports.ts';
import { writeCursor } from '../admin/cursor.ts';
import { entryOut, keyOut, sessionOut, usageOut, userOut } from '../admin/wire.ts';
import type { Asked } from './asked.ts';

/* What the admin API lists and sums. */

/** A page ends with the key that exceeds this length: clients do not accept more at once. */
const maxPageLength = 4_000_000;

interface PageOf<Query, Position> {
  query: Query;
  limit: number;
  after: Position | undefined;
}

export async function listKeys(
  { keys }: Asked,
  { query, limit, after }: PageOf<Pick<KeyQuery, 'status' | 'search'>, { at: number; id: string }>,
): Promise<object> {
  const listedKeys = await keys.list({ ...query, limit: limit + 1, ...(after && { after }) });
  const data = [];
  let length = 0;
  for (const one of listedKeys.slice(0, limit)) {
    // Some may date from before the fields of a key were bounded.
    if (length > maxPageLength) break;
    length += JSON.stringify(one.key).length;
    data.push(keyOut(one));
  }
  const last = data.length < listedKeys.length ? listedKeys[data.length - 1] : undefined;
  return { data, next_cursor: last ? writeCursor(last.position) : null };
}

export async function listUses(
  { keys }: Asked,
  { query, limit, after }: PageOf<LogQuery, LogPosition>,
): Promise<object> {
  const data = [];
  let last = after;
  for await (const { entry, position } of keys.logs(query, after && { after })) {
    if (data.length === limit) return { data, next_cursor: last ? writeCursor(last) : null };
    data.push(entryOut(entry));
    last = position;
  }
  return { data, next_cursor: null };
}

export async function sumUsage({ keys }: Asked, query: UsageQuery): Promise<object> {
  return { data: (await keys.usage(query)).map(usageOut) };
}

export async function listUsers({ authority }: Asked, _input: undefined): Promise<object> {
  return { data: (await authority.users.list()).map(userOut) };
}

/** `user`: whose sessions; null: all. */
export async function listSessions({ authority }: Asked, user: string | null): Promise<object> {
  return { data: (await authority.sessions.list(user)).map(sessionOut) };
}
