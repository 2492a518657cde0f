import type { LogEntry, LogQuery } from '../keys/ports.ts';

/**
 * Whether an entry matches the query, for APIs that cannot select by themselves. `sentInputs`: what the API selected by; an
 * entry that does not report such a field matches.
 */
export function matchesLogQuery(
  entry: LogEntry,
  query: LogQuery,
  sentInputs: readonly string[] = [],
): boolean {
  const { keyId, since, until, status, method, pathPrefix } = query;
  const at = since || until ? Date.parse(entry.timestamp) : 0;
  return (
    (keyId === undefined ||
      (entry.keyId === undefined ? sentInputs.includes('keyId') : entry.keyId === keyId)) &&
    (!since || at >= since.getTime()) &&
    (!until || at <= until.getTime()) &&
    (status === undefined ||
      (entry.statusCode === undefined
        ? sentInputs.includes('status')
        : hasStatus(entry.statusCode, status))) &&
    (method === undefined || entry.method.toUpperCase() === method) &&
    (pathPrefix === undefined || entry.path.startsWith(pathPrefix))
  );
}

function hasStatus(code: number, pattern: string): boolean {
  return pattern.endsWith('xx') ? Math.floor(code / 100) === Number(pattern[0]) : code === Number(pattern);
}

/**
 * A check whether an entry, and all that follow, are too old: it is before `since`, in a log that has so far run from new
 * to old. Without it, following a log would read all of its pages each time.
 */
export function pastCheck(since: Date | undefined): (entry: LogEntry) => boolean {
  if (!since) return () => false;
  let last = Number.POSITIVE_INFINITY;
  let falls = 0;
  let rises = false;
  return ({ timestamp }) => {
    const at = Date.parse(timestamp);
    if (at > last) rises = true;
    if (at < last) falls += 1;
    last = at;
    // The first entry always counts as a fall; the second one shows the direction.
    return at < since.getTime() && falls > 1 && !rises;
  };
}
