import type { LogEntry, LogQuery } from '../keys/ports.ts';
import { namesIn } from '../providers/declaration/placeholder.ts';
import type { Provider } from '../providers/declaration/provider.ts';
import type { Api } from './api.ts';
import { matchesLogQuery, pastCheck } from './log-filter.ts';
import { readEntry } from './read-entry.ts';
import type { LastPage } from './read-pages.ts';
import { requireLastPage } from './require-complete.ts';

/** The log of an API in pages, newest first. Throws `KeysError` (7) at its end if the API has more. */
export async function* logPages(api: Api, provider: Provider, query: LogQuery): AsyncGenerator<LogEntry[]> {
  const { logs, capabilities } = provider;
  if (!logs) return;
  const inputs = [...namesIn(logs), ...(capabilities.maxKeys === 1 ? ['keyId'] : [])];
  let last: LastPage | undefined;
  const onEnd = (page: LastPage) => {
    last = page;
  };
  const isPast = pastCheck(query.since);
  const wholeLog: LogEntry[] = [];
  let count = 0;
  for await (const items of api.pages(logs, { ...query }, { onEnd })) {
    const entries: LogEntry[] = [];
    let isOver = false;
    try {
      for (const item of items) {
        count += 1;
        const entry = readEntry(item, logs.entry);
        isOver = logs.paging !== undefined && isPast(entry);
        if (isOver) break;
        if (matchesLogQuery(entry, query, inputs)) entries.push(entry);
      }
    } finally {
      // Also those before one that cannot be read.
      if (logs.paging) yield entries;
    }
    if (isOver) return;
    if (!logs.paging) wholeLog.push(...entries);
  }
  // What comes at once may come in any order.
  yield wholeLog.sort((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
  if (last) requireLastPage(logs.paging, last, { count, noun: 'entries' });
}
