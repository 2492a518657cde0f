import type { LogEntry, LogQuery, UsageQuery, UsageRow } from '../../src/keys/ports.ts';
import type { Exchange } from './exchange.ts';

/** What a provider documents about the use of keys. */
export interface UseCases {
  usage?: UsageCase[];
  logs?: LogCase[];
}

/** The calls that usage takes, and the totals. */
interface UsageCase {
  query: UsageQuery;
  exchanges: Exchange[];
  rows: UsageRow[];
}

/** The calls that a part of the log takes, and its entries. */
interface LogCase {
  query: LogQuery;
  exchanges: Exchange[];
  entries: LogEntry[];
}
