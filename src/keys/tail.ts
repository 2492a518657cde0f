import { KeysError } from '../base/errors.ts';
import type { KeyBackend, LogEntry, LogQuery } from './ports.ts';

export interface TailOptions {
  /** Aborted when the reader has seen enough. */
  signal: AbortSignal;
  /** Resolves after the pause between two reads, or at once when the signal aborts. */
  pause: () => Promise<void>;
  /** Log entries from this moment on. */
  since: Date;
  /** The server could not be read this time; it is read again after the pause. */
  onTrouble: (error: KeysError) => Promise<void>;
}

/**
 * New log entries in chronological order, each once, until the signal aborts. Entries of one millisecond can arrive in two
 * reads, so each read starts at the newest instant again and leaves out what was yielded before.
 */
export async function* tail(
  backend: KeyBackend,
  query: LogQuery,
  { signal, pause, since, onTrouble }: TailOptions,
): AsyncGenerator<LogEntry> {
  let newest = since;
  let yieldedCounts = new Map<string, number>();
  while (!signal.aborted) {
    const already = new Map(yieldedCounts);
    for (const entry of await readSince(backend, { ...query, since: newest }, signal, onTrouble)) {
      const identity = JSON.stringify(entry);
      const times = already.get(identity) ?? 0;
      if (times > 0) {
        already.set(identity, times - 1);
        continue;
      }
      const at = new Date(entry.timestamp);
      if (at > newest) {
        newest = at;
        yieldedCounts = new Map();
      }
      if (at.getTime() === newest.getTime())
        yieldedCounts.set(identity, (yieldedCounts.get(identity) ?? 0) + 1);
      yield entry;
    }
    await pause();
  }
}

/** Oldest first; nothing if the server could not be read to the end, because a missing part would never be shown. */
async function readSince(
  backend: KeyBackend,
  query: LogQuery,
  signal: AbortSignal,
  onTrouble: TailOptions['onTrouble'],
): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  try {
    for await (const entry of backend.logs(query)) entries.push(entry);
  } catch (error) {
    if (signal.aborted) return [];
    if (!(error instanceof KeysError) || !isTransient(error)) throw error;
    await onTrouble(error);
    return [];
  }
  return entries.reverse().sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
}

/** A failure that may be over by the next read. */
function isTransient({ failure }: KeysError): boolean {
  return failure.exit === 'network' || failure.code === 'rate_limited';
}

/** One page of the log; `number` starts at 1. With `onMore`, which is called if there are more, one entry beyond it is read. */
export function page(
  entries: AsyncIterable<LogEntry>,
  number: number,
  size: number,
  onMore?: () => Promise<void>,
): AsyncIterable<LogEntry> {
  return number === 1 && size === Number.POSITIVE_INFINITY ? entries : part(entries, number, size, onMore);
}

async function* part(
  entries: AsyncIterable<LogEntry>,
  number: number,
  size: number,
  onMore: (() => Promise<void>) | undefined,
): AsyncGenerator<LogEntry> {
  const first = number === 1 ? 0 : (number - 1) * size;
  let at = 0;
  for await (const entry of entries) {
    if (at >= first + size) return onMore?.();
    if (at >= first) yield entry;
    at += 1;
    if (at >= first + size && !onMore) return;
  }
}
