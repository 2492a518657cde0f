import { parsePositiveDuration } from '../../base/time.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { oneOf, readCount, readText } from '../../cli/read.ts';
import { requireReports } from '../../keys/capability-check.ts';
import type { KeyField } from '../../keys/key.ts';
import { keyFields, statuses } from '../../keys/key.ts';
import type { Selection } from '../../keys/select.ts';
import { selectKeys, sortFields } from '../../keys/select.ts';
import { summarise } from '../../keys/summary.ts';

const choices = [...statuses.filter((status) => status !== 'unknown'), 'all'] as const;

export const list = defineCommand({
  operands: '',
  summary: 'list keys, newest first; revoked ones only where --status asks for them',
  description: [
    'expiring means active with 30 days or less left; --status active has the expiring ones among it.',
    'Filters add up. Off a terminal: tab-separated lines, in the order of the fields below --json.',
  ].join('\n'),
  examples: [
    'keys list --expiring 14d',
    'keys list --unused 90d --sort lastUsedAt',
    'keys list --json id,name,status,expiresAt',
    'keys list | cut -f2',
  ],
  flags: {
    status: value('--status <status>', choices.join(', '), oneOf(choices)),
    search: value('--search <text>', 'in name, description, id, prefix or label', readText),
    expiring: value('--expiring <within>', 'works now and expires within this time', parsePositiveDuration),
    olderThan: value('--older-than <age>', 'made at least this long ago', parsePositiveDuration),
    unused: value('--unused <for>', 'made and last used at least this long ago', parsePositiveDuration),
    sort: value('--sort <field>', 'ascending by any field, also requests or tokens', oneOf(sortFields)),
    reverse: toggle('--reverse', 'the other way round'),
    limit: value('--limit <n>', 'at most so many', readCount),
  },
  fields: keyFields,
  async run(context, selection) {
    const { capabilities } = await context.backend();
    const { provider } = await context.profile();
    requireReports(provider, judgedBy(selection), capabilities);
    const keys = await context.keys();
    const chosen = selectKeys(keys, selection, context.now);
    return {
      kind: 'rows',
      rows: chosen,
      columns: keyFields,
      table: async (_, terminal) => {
        const { keyListView } = await import('../../output/views/key-list.ts');
        return keyListView(chosen, summarise(keys), terminal);
      },
    };
  },
});

/** The fields without which a filter would judge by nothing. */
function judgedBy({ expiring, olderThan, unused }: Selection): { flag: string; field: KeyField }[] {
  return [
    ...(expiring ? [{ flag: '--expiring', field: 'expiresAt' as const }] : []),
    ...(olderThan ? [{ flag: '--older-than', field: 'createdAt' as const }] : []),
    ...(unused ? [{ flag: '--unused', field: 'lastUsedAt' as const }] : []),
  ];
}
