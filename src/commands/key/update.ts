import { updateKey } from '../../app/update-key.ts';
import type { Input } from '../../cli/define.ts';
import { defineCommand, toggle, value, values } from '../../cli/define.ts';
import { readLabel, readText } from '../../cli/read.ts';
import { keyFields } from '../../keys/key.ts';
import type { KeyChanges } from '../../keys/ports.ts';
import type { Result } from '../../output/present.ts';
import { keyFlags, readName } from '../flags/key-flags.ts';
import { filterIn, requireSelection, selectionFlags, selectionProblems } from '../flags/selection-flags.ts';

const { label: _, ...fieldFlags } = keyFlags;

const flags = {
  name: value('--name <name>', 'a new name', readName),
  ...fieldFlags,
  setLabel: values('--set-label <name=value>', 'set a label; repeatable', readLabel),
  disable: toggle('--disable', 'make the API refuse the key until it is enabled again'),
  enable: toggle('--enable', 'undo --disable'),
  ...selectionFlags,
  label: values(
    '--label <name=value>',
    'with a key: as --set-label; without: only keys with this label; repeatable',
    readLabel,
  ),
  confirm: value('--confirm <number>', 'how many keys are selected; replaces the prompt', readText),
  dryRun: toggle('--dry-run', 'show what would be changed'),
};

type UpdateInput = Input<typeof flags>;

export const update = defineCommand({
  operands: '<key>',
  summary: 'change a key; its secret stays the same',
  description: [
    'Only the given fields change. --set-label NAME= removes a label; --description "" removes the description. Without a',
    'key, the filters of keys list select which ones to change: you type how many they are, or pass --yes, or --confirm',
    'with their number.',
  ].join('\n'),
  examples: [
    'keys update ci --expires 90d',
    'keys update ci --budget none --models all',
    'keys update ci --disable',
    'keys update --label team=search --rate-limit 60 --dry-run',
  ],
  flags,
  fields: [...keyFields, 'changed', 'expiresAtRequested', 'requested', 'dryRun'],
  selects: (input) => filterIn(input) !== undefined,
  problems(input) {
    const isNamed = input.operands.length > 0;
    if (input.disable && input.enable) return ['--disable and --enable cannot be combined'];
    return [
      ...selectionProblems({ ...input, label: isNamed ? [] : input.label }),
      ...(!isNamed && input.name !== undefined ? ['--name renames one key: pass its name or id'] : []),
      ...(Object.keys(toChanges(input)).length === 0 ? ['nothing to change: pass at least one flag'] : []),
    ];
  },
  async run(context, input) {
    const { operands, confirm, dryRun } = input;
    const changes = toChanges(input);
    const [reference] = operands;
    if (reference !== undefined) return updatedResult(await updateKey(context, reference, changes, dryRun));
    const { updateKeys } = await import('../../app/update-keys.ts');
    const selection = await requireSelection(context, input);
    const rows = await updateKeys(context, { selection, changes, confirm, dryRun });
    return {
      kind: 'rows',
      rows,
      columns: keyFields,
      table: async (_, terminal) => (await import('../../output/views/key-list.ts')).keyTable(rows, terminal),
    };
  },
});

export function updatedResult(record: Awaited<ReturnType<typeof updateKey>>): Result {
  return {
    kind: 'one',
    record,
    columns: keyFields,
    table: async (_, terminal) =>
      (await import('../../output/views/key-detail.ts')).keyDetailView(record, terminal),
  };
}

function toChanges(input: UpdateInput): KeyChanges {
  const labelList = [...input.setLabel, ...(input.operands.length > 0 ? input.label : [])];
  const labels = Object.fromEntries(labelList.map(([name, text]) => [name, text === '' ? null : text]));
  return {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.description !== undefined && { description: input.description || null }),
    ...(input.expires !== undefined && { expiresAt: input.expires }),
    ...(input.permission.length > 0 && { permissions: [...new Set(input.permission.flat())] }),
    ...(input.rateLimit !== undefined && { rateLimitRpm: input.rateLimit }),
    ...(input.budget !== undefined && { budgetUsd: input.budget }),
    ...(input.models.length > 0 && { models: [...new Set(input.models.flat())] }),
    ...(labelList.length > 0 && { labels }),
    ...((input.disable || input.enable) && { disabled: input.disable }),
  };
}
