import { lookUpKey } from '../../app/lookup.ts';
import { parsePast } from '../../base/time.ts';
import { defineCommand, value } from '../../cli/define.ts';
import { oneOf } from '../../cli/read.ts';
import { requireAbility } from '../../keys/capability-check.ts';

const fields = ['keyId', 'name', 'date', 'requests', 'tokens', 'spentUsd'];

export const usage = defineCommand({
  operands: '[key]',
  summary: 'show total requests, tokens and spend, by key or by day',
  description: 'Usage is counted per day (UTC): --since 36h includes the whole first day.',
  examples: ['keys usage --since 30d', 'keys usage --by day --format csv', 'keys usage ci --by day'],
  flags: {
    since: value(
      '--since <when>',
      'the earliest time: 30d (ago), 2026-11-01, or an RFC 3339 time',
      (text, { now }) => parsePast(text, now, 'start'),
    ),
    by: value('--by <what>', 'key (default) or day', oneOf(['key', 'day'] as const)),
  },
  fields,
  async run(context, { operands: [reference], since, by = 'key' }) {
    const backend = await context.backend();
    const { provider } = await context.profile();
    requireAbility(provider, 'usage', backend.capabilities);
    if (by === 'day' || since) requireAbility(provider, 'usageByDay', backend.capabilities);
    const keyId = reference === undefined ? undefined : (await lookUpKey(context, reference)).id;
    const rows = await backend.usage({ by, ...(since && { since }), ...(keyId !== undefined && { keyId }) });
    const columns = by === 'key' ? fields.filter((field) => field !== 'date') : fields.slice(2);
    return {
      kind: 'rows',
      rows,
      columns,
      table: async (_, terminal) => (await import('../../output/views/rows.ts')).usageView(rows, terminal),
    };
  },
});
