import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../app/context.ts';
import { lookUpKey } from '../../app/lookup.ts';
import { InvalidValue } from '../../base/errors.ts';
import { parsePast } from '../../base/time.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { offering, readCount, readText } from '../../cli/read.ts';
import { requireAbility, requireLogFields } from '../../keys/capability-check.ts';
import type { LogEntry, LogQuery } from '../../keys/ports.ts';
import { page as pageOf, tail } from '../../keys/tail.ts';
import { signalOf } from '../../platform/stop-signal.ts';

type Names = ReadonlyMap<string, string>;

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
const pollIntervalMs = 1000;
const defaultPageSize = 50;

/** The most common ones, for completion. */
const statusClasses = ['2xx', '3xx', '4xx', '5xx'];
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const flags = {
  since: value(
    '--since <when>',
    'the earliest time: 24h (ago), 2026-11-01, or an RFC 3339 time',
    (text, { now }) => parsePast(text, now, 'start'),
  ),
  until: value(
    '--until <when>',
    'the latest time, like --since; a date means the end of that day',
    (text, { now }) => parsePast(text, now, 'end'),
  ),
  limit: value('--limit <n>', 'maximum entries per page', readCount),
  page: value('--page <n>', 'page number, starting at 1', readCount),
  follow: toggle('--follow', 'keep printing new entries, oldest first, until Ctrl-C'),
  status: value(
    '--status <status>',
    'only this status, such as 429, or this class, such as 4xx',
    offering(statusClasses, readStatus),
  ),
  method: value(
    '--method <method>',
    'only this method, such as GET',
    offering(methods, (text) => text.toUpperCase()),
  ),
  path: value('--path <prefix>', 'only paths that start with this', readText),
};

export const logs = defineCommand({
  operands: '[key]',
  summary: 'show how keys were used, newest first',
  description: `Without --limit, shows ${defaultPageSize} entries on a terminal, and every entry elsewhere.`,
  examples: ['keys logs ci --since 24h --status 4xx', 'keys logs --format ndjson', 'keys logs ci --follow'],
  flags,
  fields,
  problems({ follow, page, until, limit }) {
    const isBounded = page !== undefined || until !== undefined || limit !== undefined;
    return follow && isBounded ? ['--follow cannot be combined with --page, --limit or --until'] : [];
  },
  async run(context, input) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    requireAbility(provider, 'logs', backend.capabilities);
    if (input.operands.length > 0) requireAbility(provider, 'logsByKey', backend.capabilities);
    const filters = (['status', 'method', 'path'] as const).filter((flag) => input[flag] !== undefined);
    requireLogFields(provider, filters, backend.capabilities);
    const query = await toQuery(context, input);
    const names = remembered(() => namesOf(context));
    if (input.follow) {
      const signal = signalOf(context.io.interrupt);
      const rows = tail(backend, query, {
        signal,
        pause: () => sleep(pollIntervalMs, undefined, { signal }).catch(() => {}),
        since: input.since ?? context.now,
        onTrouble: (error) => context.warn(`${error.message}; trying again`),
      });
      return {
        kind: 'stream',
        rows,
        columns: fields,
        line: async (row: LogEntry, terminal) => (await views()).logLine(row, terminal, await names()),
      };
    }
    const { page = 1, limit } = input;
    const isForPerson = context.io.stdout.isTTY && context.output.format === undefined;
    const isPaged = input.page !== undefined || isForPerson;
    const tellOfMore = () => context.note(`there are more: --page ${page + 1}`);
    const size = limit ?? (isPaged ? defaultPageSize : Number.POSITIVE_INFINITY);
    return {
      kind: 'rows',
      isPaged: true,
      rows: pageOf(backend.logs(query), page, size, isForPerson ? tellOfMore : undefined),
      columns: fields,
      table: async (entries: readonly LogEntry[], terminal) =>
        (await views()).logView(entries, terminal, entries.length > 0 ? await names() : new Map()),
    };
  },
});

const views = () => import('../../output/views/logs.ts');

/** The names of keys by their id; an account that cannot be read has none. */
async function namesOf(context: Context): Promise<Names> {
  const keys = await context.keys().catch(() => []);
  return new Map(keys.map(({ id, name }) => [id, name]));
}

function remembered<T>(read: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= read();
    return result;
  };
}

async function toQuery(context: Context, input: Input<typeof flags>): Promise<LogQuery> {
  const { operands, since, until, status, method, path } = input;
  const [reference] = operands;
  const keyId = reference === undefined ? undefined : (await lookUpKey(context, reference)).id;
  return {
    ...(keyId !== undefined && { keyId }),
    ...(since && { since }),
    ...(until && { until }),
    ...(status !== undefined && { status }),
    ...(method !== undefined && { method }),
    ...(path !== undefined && { pathPrefix: path }),
  };
}

function readStatus(text: string): string {
  if (/^[1-5](\d\d|xx)$/i.test(text)) return text.toLowerCase();
  throw new InvalidValue(`'${text}' is neither a status such as 429 nor a class such as 4xx`);
}
