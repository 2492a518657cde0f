import { setTimeout as sleep } from 'node:timers/promises';
import { lookUpKey } from '../../app/lookup.ts';
import { InvalidValue } from '../../base/errors.ts';
import { parsePast } from '../../base/time.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { readCount, readText } from '../../cli/read.ts';
import { requireAbility } from '../../keys/capability-check.ts';
import type { LogEntry, LogQuery } from '../../keys/ports.ts';
import { tail } from '../../keys/tail.ts';

const fields = [
  'timestamp',
  'method',
  'path',
  'statusCode',
  'keyId',
  'ip',
  'model',
  'requests',
  'tokens',
  'costUsd',
];
const pollEvery = 1000;
const pageOnTerminal = 50;

export const logs = defineCommand({
  operands: '[key]',
  summary: 'show how keys were used, newest first',
  description:
    'Without --limit it shows 50 entries on a terminal and all of them elsewhere. --follow goes on with new entries,\noldest first, until Ctrl-C.',
  examples: ['keys logs ci --since 24h --status 4xx', 'keys logs --format ndjson', 'keys logs ci --follow'],
  flags: {
    since: value('--since <when>', '24h (ago), 2026-11-01, or an RFC 3339 time', (text, { now }) =>
      parsePast(text, now, 'start'),
    ),
    until: value('--until <when>', 'as --since; a date means its end', (text, { now }) =>
      parsePast(text, now, 'end'),
    ),
    limit: value('--limit <n>', 'entries per page', readCount),
    page: value('--page <n>', 'which page, from 1', readCount),
    follow: toggle('--follow', 'show new entries as they come'),
    status: value('--status <status>', '429 for one status, 4xx for a class', readStatus),
    method: value('--method <method>', 'GET, POST …', (text) => text.toUpperCase()),
    path: value('--path <prefix>', 'the start of the path', readText),
  },
  fields,
  problems({ follow, page, until, limit }) {
    const bounded = page !== undefined || until !== undefined || limit !== undefined;
    return follow && bounded
      ? ['--follow shows what is yet to come: leave out --page, --limit and --until']
      : [];
  },
  async run(context, { operands: [reference], since, until, limit, page, follow, status, method, path }) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    requireAbility(provider, 'logs', backend.capabilities);
    if (reference !== undefined) requireAbility(provider, 'logsByKey', backend.capabilities);
    const keyId = reference === undefined ? undefined : (await lookUpKey(context, reference)).id;
    const query: LogQuery = {
      ...(keyId !== undefined && { keyId }),
      ...(since && { since }),
      ...(until && { until }),
      ...(status !== undefined && { status }),
      ...(method !== undefined && { method }),
      ...(path !== undefined && { pathPrefix: path }),
    };
    if (follow) {
      const signal = context.io.interrupt;
      const pause = () => sleep(pollEvery, undefined, { signal }).catch(() => {});
      const rows = tail(backend, query, {
        signal,
        pause,
        since: since ?? context.now,
        onTrouble: (error) => context.warn(`${error.message}; trying again`),
      });
      return {
        kind: 'stream',
        rows,
        columns: fields,
        line: async (row: LogEntry, terminal) => (await views()).logLine(row, terminal),
      };
    }
    const onTerminal = context.io.stdout.isTTY && context.output.format === undefined;
    const size = limit ?? (onTerminal || page !== undefined ? pageOnTerminal : Number.POSITIVE_INFINITY);
    const first = page === undefined || page === 1 ? 0 : (page - 1) * size;
    const rows = slice(backend.logs(query), first, first + size);
    return {
      kind: 'rows',
      rows,
      columns: fields,
      table: async (shown: readonly LogEntry[], terminal) => (await views()).logView(shown, terminal),
    };
  },
});

const views = () => import('../../output/views/rows.ts');

function readStatus(text: string): string {
  if (/^[1-5](\d\d|xx)$/i.test(text)) return text.toLowerCase();
  throw new InvalidValue(`'${text}' is neither a status such as 429 nor a class such as 4xx`);
}

async function* slice(
  entries: AsyncIterable<LogEntry>,
  first: number,
  end: number,
): AsyncGenerator<LogEntry> {
  let at = 0;
  for await (const entry of entries) {
    if (at >= end) return;
    if (at++ >= first) yield entry;
    if (at >= end) return;
  }
}
