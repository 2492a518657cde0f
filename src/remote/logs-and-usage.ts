import type { Key } from '../keys/key.ts';
import type { LogEntry, LogQuery, UsageQuery, UsageRow } from '../keys/ports.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { matchesLogQuery, pastCheck } from './log-filter.ts';
import { readEntry, readTotal } from './read-entry.ts';

/* What an API reports about the use of keys. */

export async function* readLogs(api: Api, { logs }: Provider, query: LogQuery): AsyncGenerator<LogEntry> {
  if (!logs) return;
  const isPast = pastCheck(query.since);
  for await (const item of api.pages(logs, { ...query })) {
    const entry = readEntry(item, logs.entry);
    if (isPast(entry)) return;
    if (matchesLogQuery(entry, query)) yield entry;
  }
}

export async function readUsage(
  api: Api,
  usage: NonNullable<Provider['usage']>,
  query: UsageQuery,
): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  for await (const item of api.pages(usage, { ...query })) rows.push(readTotal(item, usage.row, query.by));
  return rows;
}

/** From the counters of the keys, which are not by day. Keys are requested one by one only if the list has no counters. */
export async function countedUsage(
  keys: { list(): Promise<Key[]>; get(id: string): Promise<Key | undefined> },
  { keyId }: UsageQuery,
): Promise<UsageRow[]> {
  const foundKeys = keyId === undefined ? await keys.list() : [await keys.get(keyId)];
  const rows: UsageRow[] = [];
  for (const one of foundKeys) {
    const key = one && (one.usage || keyId !== undefined ? one : await keys.get(one.id));
    if (!key?.usage) continue;
    const { id, name, usage, spentUsd } = key;
    rows.push({ keyId: id, name, ...usage, ...(spentUsd !== undefined && { spentUsd }) });
  }
  return rows;
}
