import { listSelected } from '../../app/list-selected.ts';
import { remindOfUnfinished } from '../../app/remind-of-unfinished.ts';
import { defineCommand, toggle, value } from '../../cli/define.ts';
import { oneOf, readCount } from '../../cli/read.ts';
import type { Key } from '../../keys/key.ts';
import { keyFields } from '../../keys/key.ts';
import { sortFields } from '../../keys/select.ts';
import { labelFilter, requireSelection, selectionFlags } from '../flags/selection-flags.ts';

/** A table that is narrower has no room for recent use. */
const minWidth = 80;

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
    "keys list --name-glob 'ci-*' --label team=search",
    'keys list --json id,name,status,expiresAt',
    'keys list | cut -f2',
  ],
  flags: {
    ...selectionFlags,
    label: labelFilter,
    sort: value(
      '--sort <field>',
      'sort by any field, or by requests or tokens; ascending',
      oneOf(sortFields),
    ),
    reverse: toggle('--reverse', 'reverse the order'),
    limit: value('--limit <n>', 'maximum number of keys', readCount),
  },
  fields: keyFields,
  async run(context, input) {
    const { sort, reverse, limit } = input;
    const selection = { ...(await requireSelection(context, input)), sort, reverse, limit };
    const { rows, summary } = await listSelected(context, selection);
    await remindOfUnfinished(context);
    return {
      kind: 'rows',
      isPaged: true,
      rows,
      isWhole: true,
      columns: keyFields,
      table: async (keys: readonly Key[], terminal) => {
        const { keyListView } = await import('../../output/views/key-list.ts');
        const { name: profile, provider } = await context.profile();
        const place = { profile, provider, hidesRevoked: selection.status === undefined };
        const { recentUseOfAll } = await import('../../app/recent-use.ts');
        const recentUse = terminal.width < minWidth ? undefined : await recentUseOfAll(context, keys);
        return keyListView(keys, { ...place, recentUse, summary: await summary(keys.length) }, terminal);
      },
    };
  },
});
