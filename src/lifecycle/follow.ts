import type { KeyBackend, LogEntry, LogQuery } from './ports.ts';

export interface FollowOptions {
  /** Aborted when the reader has seen enough. */
  signal: AbortSignal;
  /** Resolves after the pause between two reads, or at once when the signal aborts. */
  pause: () => Promise<void>;
  /** Log entries from this moment on. */
  since: Date;
}

/**
 * New log entries in the order in which they happened, each once, until the signal aborts. Entries of one millisecond
 * can arrive in two reads, so the newest instant is asked for again and what was given out already is left out.
 */
export async function* follow(
  backend: KeyBackend,
  query: LogQuery,
  { signal, pause, since }: FollowOptions,
): AsyncGenerator<LogEntry> {
  let newest = since;
  let given = new Map<string, number>();
  while (!signal.aborted) {
    const entries: LogEntry[] = [];
    for await (const entry of backend.logs({ ...query, since: newest })) entries.push(entry);
    const already = new Map(given);
    for (const entry of entries.reverse()) {
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
