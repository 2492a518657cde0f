import type { Context } from '../../app/context.ts';
import { lookUpKey } from '../../app/lookup.ts';
import { KeysError } from '../../base/errors.ts';
import { parsePast } from '../../base/time.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import { requireAbility } from '../../keys/capability-check.ts';
import type { Key } from '../../keys/key.ts';
import type { Capabilities, UsageRow } from '../../keys/ports.ts';
import { dayOf, firstDay, usageStart } from '../../keys/usage-span.ts';

const columnsByKey = ['keyId', 'name', 'requests', 'tokens', 'spentUsd'];
const columnsByDay = ['date', 'requests', 'tokens', 'spentUsd'];

export const usage = defineCommand({
  operands: '[key]',
  summary: 'show total requests, tokens and spend, by key or by day',
  description:
    'Usage is counted per day (UTC): --since 36h includes the whole first day. If an API reports only some days without --since, a note says from when.',
  examples: ['keys usage --since 30d', 'keys usage --by day --format csv', 'keys usage ci --by day'],
  flags: {
    since: value(
      '--since <when>',
      'the earliest time: 30d (ago), 2026-11-01, or an RFC 3339 time',
      (text, { now }) => parsePast(text, now, 'start'),
    ),
    by: value('--by <what>', 'key (default) or day', oneOf(['key', 'day'] as const)),
  },
  fields: ['keyId', 'name', 'date', 'requests', 'tokens', 'spentUsd', 'since'],
  async run(context, { operands: [reference], since, by = 'key' }) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    const { capabilities } = backend;
    requireAbility(provider, 'usage', capabilities);
    if (by === 'day' || since) requireAbility(provider, 'usageByDay', capabilities);
    const start = usageStart(provider, capabilities, since, context.now);
    const key = reference === undefined ? undefined : await lookUpKey(context, reference);
    const counted = await backend.usage({
      by,
      ...(start && { since: start }),
      ...(key && { keyId: key.id }),
    });
    const rows = by === 'key' ? await withNames(context, counted, key) : counted;
    await describeSpan(context, provider, capabilities, { since, start });
    return {
      kind: 'rows',
      isPaged: true,
      rows: since || !start ? rows : rows.map((row) => ({ ...row, since: dayOf(start) })),
      columns: by === 'key' ? columnsByKey : columnsByDay,
      table: async (_, terminal) => {
        const { usageView } = await import('../../output/views/usage.ts');
        return usageView(rows, { by, from: start && dayOf(start) }, terminal);
      },
    };
  },
});

/** Names from the list of keys, if the API reports usage without them. The use of a deleted key has only its id. */
async function withNames(
  context: Context,
  rows: readonly UsageRow[],
  requestedKey: Key | undefined,
): Promise<readonly UsageRow[]> {
  const isNameless = ({ keyId, name }: UsageRow) => typeof keyId === 'string' && name === undefined;
  if (!rows.some(isNameless)) return rows;
  const keys = requestedKey ? [requestedKey] : await context.keys().catch((error) => noNames(context, error));
  const names = new Map(keys.map(({ id, name }) => [id, name]));
  return rows.map((row) => {
    const name = isNameless(row) ? names.get(row.keyId ?? '') : undefined;
    const { keyId, ...counters } = row;
    return name === undefined ? row : { keyId: keyId ?? null, name, ...counters };
  });
}

async function noNames(context: Context, error: unknown): Promise<Key[]> {
  if (!(error instanceof KeysError)) throw error;
  await context.warn(`${error.message}; usage is shown without the names of the keys`);
  return [];
}

/** What the totals do not cover. */
async function describeSpan(
  context: Context,
  provider: string,
  { usageRetentionDays, usageCovers }: Capabilities,
  { since, start }: { since: Date | undefined; start: Date | undefined },
): Promise<void> {
  if (usageCovers !== undefined) await context.warn(`the totals of ${provider} cover ${usageCovers} only`);
  if (since) return;
  if (start) await context.note(`usage from ${dayOf(start)} (UTC); --since sets another start`);
  else if (usageRetentionDays !== undefined)
    await context.note(
      `${provider} reports usage from ${dayOf(firstDay(usageRetentionDays, context.now))} (UTC) on`,
    );
}
