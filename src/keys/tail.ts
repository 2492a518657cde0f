import { KeysError } from '../base/errors.ts';
import type { KeyBackend, LogEntry, LogQuery } from './ports.ts';

export interface TailOptions {
  /** Aborted when the reader has seen enough. */
  signal: AbortSignal;
  /** Resolves after the pause between two reads, or at once when the signal aborts. */
  pause: () => Promise<void>;
  /** Log entries from this moment on. */
  since: Date;
  /** Told of a server that could not be read this time; it is asked again after the pause. */
  onTrouble: (error: KeysError) => Promise<void>;
}

/**
 * New log entries in the order in which they happened, each once, until the signal aborts. Entries of one millisecond
 * can arrive in two reads, so the newest instant is asked for again and what was given out already is left out.
 */
export async function* tail(
  backend: KeyBackend,
  query: LogQuery,
  { signal, pause, since, onTrouble }: TailOptions,
): AsyncGenerator<LogEntry> {
  let newest = since;
  let given = new Map<string, number>();
  while (!signal.aborted) {
    const already = new Map(given);
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
        given = new Map();
      }
      if (at.getTime() === newest.getTime()) given.set(identity, (given.get(identity) ?? 0) + 1);
      yield entry;
    }
    await pause();
  }
}

/** Oldest first; nothing where the server could not be read, and not a part: what is missing would never be shown. */
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
    if (!(error instanceof KeysError) || !isPassing(error)) throw error;
    await onTrouble(error);
    return [];
  }
  return entries.reverse().sort((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp));
}

/** What may be over by the next read. */
function isPassing({ failure }: KeysError): boolean {
  return failure.exit === 'network' || failure.code === 'rate_limited';
}

/** One page of the log; `number` starts at 1. Nothing is read beyond it. */
export async function* page(
  entries: AsyncIterable<LogEntry>,
  number: number,
  size: number,
): AsyncGenerator<LogEntry> {
  const first = number === 1 ? 0 : (number - 1) * size;
  let at = 0;
  for await (const entry of entries) {
    if (at >= first) yield entry;
    at += 1;
    if (at >= first + size) return;
  }
}
