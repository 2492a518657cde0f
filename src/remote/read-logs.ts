import type { LogEntry, LogQuery } from '../keys/ports.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { matchesLogQuery, pastCheck } from './log-filter.ts';
import { readEntry } from './read-entry.ts';

/** The log of an API, as its declaration describes it. */
export async function* readLogs(api: Api, { logs }: Provider, query: LogQuery): AsyncGenerator<LogEntry> {
  if (!logs) return;
  const isPast = pastCheck(query.since);
  for await (const item of api.pages(logs, { ...query })) {
    const entry = readEntry(item, logs.entry);
    if (isPast(entry)) return;
    if (matchesLogQuery(entry, query)) yield entry;
  }
}
