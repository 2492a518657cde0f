import { listSelected } from '../../app/list-selected.ts';
import { parsePositiveDuration } from '../../base/time.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { oneOf, readCount, readText } from '../../cli/read.ts';
import { requireReports } from '../../keys/capability-check.ts';
import type { Key, KeyField } from '../../keys/key.ts';
import { keyFields, statuses } from '../../keys/key.ts';
import type { Selection } from '../../keys/select.ts';
import { sortFields } from '../../keys/select.ts';

const statusChoices = [...statuses.filter((status) => status !== 'unknown'), 'all'] as const;

export const list = defineCommand({
  operands: '',
  summary: 'list keys, newest first; revoked keys only with --status',
  description: [
    'expiring means active with 30 days or less left; --status active includes expiring keys. Filters combine. Off a',
    'terminal, the output is tab-separated lines, with the fields in the order listed below.',
  ].join('\n'),
  examples: [
    'keys list --expiring 14d',
    'keys list --unused 90d --sort lastUsedAt',
    'keys list --json id,name,status,expiresAt',
    'keys list | cut -f2',
  ],
  flags: {
    status: value('--status <status>', `only this status: ${statusChoices.join(', ')}`, oneOf(statusChoices)),
    search: value(
      '--search <text>',
      'only keys with this text in the name, description, id, prefix or a label',
      readText,
    ),
    expiring: value(
      '--expiring <within>',
      'only active keys that expire within this time',
      parsePositiveDuration,
    ),
    olderThan: value('--older-than <age>', 'only keys created at least this long ago', parsePositiveDuration),
    unused: value(
      '--unused <for>',
      'keys created and last used at least this long ago',
      parsePositiveDuration,
    ),
    sort: value(
      '--sort <field>',
      'sort by any field, or by requests or tokens; ascending',
      oneOf(sortFields),
    ),
    reverse: toggle('--reverse', 'reverse the order'),
    limit: value('--limit <n>', 'maximum number of keys', readCount),
  },
  fields: keyFields,
  async run(context, selection) {
    const { capabilities } = await context.backend();
    const { provider } = await context.profile();
    requireReports(provider, fieldsJudgedBy(selection), capabilities);
    const { rows, summary } = await listSelected(context, selection);
    return {
      kind: 'rows',
      rows,
      isWhole: true,
      columns: keyFields,
      table: async (keys: readonly Key[], terminal) => {
        const { keyListView } = await import('../../output/views/key-list.ts');
        return keyListView(keys, await summary(keys.length), terminal);
      },
    };
  },
});

/** The fields that filters depend on: the provider must report them. */
function fieldsJudgedBy({ expiring, olderThan, unused }: Selection): { flag: string; field: KeyField }[] {
  return [
    ...(expiring ? [{ flag: '--expiring', field: 'expiresAt' as const }] : []),
    ...(olderThan ? [{ flag: '--older-than', field: 'createdAt' as const }] : []),
    ...(unused ? [{ flag: '--unused', field: 'lastUsedAt' as const }] : []),
  ];
}
